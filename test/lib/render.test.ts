import { render } from "../../lib/render.ts";

test.each([
  ["a {{value}} b", { value: "x" }, "a x b"],
  ["{{value}}", { value: `<&>"'/=\`` }, `<&>"'/=\``],
  ["{{number}}", { number: 0 }, "0"],
  ["{{#some}}some={{some}}\n{{/some}}end", { some: 3 }, "some=3\nend"],
  ["{{#some}}\nsome={{some}}\n{{/some}}\nend", { some: undefined }, "end"],
  ["{{=<% %>=}}\n{{ .Name }} <% value %>", { value: "x" }, "{{ .Name }} x"],
])("%j with %j", (template, view, text) => {
  expect(render(template, view)).toBe(text);
});

test.each([
  ["{{missing}}"],
  ["{{#missing}}x{{/missing}}"],
  ["{{^missing}}x{{/missing}}"],
  ["{{#value}}{{missing}}{{/value}}"],
])("%s without a value for it is an error", (template) => {
  expect(() => render(template, { value: "x" })).toThrow('template value "missing" is missing');
});
