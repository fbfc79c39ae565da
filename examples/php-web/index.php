<?php
// Tells who served the page, and what it was told of the request.

$facts = [
    'Served by' => gethostname(),
    'With' => 'PHP ' . PHP_VERSION,
    'Asked by (the balancer)' => $_SERVER['REMOTE_ADDR'],
];
foreach (['For', 'Proto', 'Host', 'Port'] as $name) {
    $facts["X-Forwarded-$name"] = $_SERVER['HTTP_X_FORWARDED_' . strtoupper($name)] ?? '–';
}

if (str_contains($_SERVER['HTTP_ACCEPT'] ?? '', 'application/json')) {
    header('Content-Type: application/json');
    echo json_encode($facts, JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE), "\n";
    exit;
}
?>
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>php-web</title>
<link rel="icon" href="data:,">
<style>
  :root { color-scheme: light dark; --ink: #14213d; --soft: #5b6782; --card: #fff; --back: #e8eef7; }
  @media (prefers-color-scheme: dark) { :root { --ink: #e8eef7; --soft: #9aa7c2; --card: #17213a; --back: #0c1222; } }
  * { box-sizing: border-box; margin: 0; }
  body { min-height: 100vh; display: grid; place-items: center; padding: 1.5rem; background: var(--back);
         color: var(--ink); font: 1rem/1.6 system-ui, sans-serif; }
  main { width: min(38rem, 100%); padding: 2.5rem; border-radius: 1rem; background: var(--card);
         box-shadow: 0 1rem 3rem rgb(0 0 0 / .12); }
  h1 { font-size: 1.75rem; line-height: 1.2; }
  p { margin-top: .5rem; color: var(--soft); }
  dl { display: grid; grid-template-columns: auto 1fr; gap: .75rem 1.5rem; margin-top: 2rem; }
  dt { color: var(--soft); }
  dd { font: 600 1rem/1.6 ui-monospace, monospace; overflow-wrap: anywhere; }
</style>
</head>
<body>
<main>
  <h1>Hello from PHP</h1>
  <p>One of several copies answered you. Reload, and another one may.</p>
  <dl>
<?php foreach ($facts as $name => $value): ?>
    <dt><?= htmlspecialchars($name) ?></dt><dd><?= htmlspecialchars($value) ?></dd>
<?php endforeach ?>
  </dl>
</main>
</body>
</html>
