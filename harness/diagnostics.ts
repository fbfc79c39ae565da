/** Of what Pulumi printed, what went wrong; all of it where Pulumi says nothing to that. */
export function diagnosticsOf(output: string): string {
  const [, diagnostics] = output.split(/^Diagnostics:$/m);
  return (diagnostics?.split(/^(?:Outputs|Resources|Duration):/m)[0] ?? output).trim();
}
