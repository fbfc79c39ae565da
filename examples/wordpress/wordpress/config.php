<?php
// What WordPress is told by its environment. Debian's wp-config.php reads this file, and has the rest.

foreach (['DB_HOST', 'DB_NAME', 'DB_USER', 'DB_PASSWORD'] as $name) {
    define($name, getenv($name));
}

// The keys that all copies sign with are made from one secret.
$secret = getenv('SECRET') ?: throw new RuntimeException('SECRET is to be set: see examples/wordpress/README.md');
foreach (['AUTH', 'SECURE_AUTH', 'LOGGED_IN', 'NONCE'] as $purpose) {
    foreach (['KEY', 'SALT'] as $kind) {
        define("{$purpose}_{$kind}", hash_hmac('sha256', "$purpose $kind", $secret));
    }
}

// It is where it was asked for, as the balancers tell, unless it is said.
$asked = $_SERVER['HTTP_X_FORWARDED_HOST'] ?? $_SERVER['HTTP_HOST'] ?? 'localhost';
$scheme = ($_SERVER['HTTP_X_FORWARDED_PROTO'] ?? '') === 'https' ? 'https' : 'http';
$url = getenv('SITE_URL') ?: $scheme . '://' . preg_replace('/[^\w.:\[\]-]/', '', $asked);
define('WP_HOME', $url);
define('WP_SITEURL', $url);

// What is due is done by a job, and not by whoever happens to read the blog just then.
define('DISABLE_WP_CRON', true);

// What it consists of is in the image, the same for all copies: a new plugin is a new version.
define('DISALLOW_FILE_MODS', true);
define('AUTOMATIC_UPDATER_DISABLED', true);
