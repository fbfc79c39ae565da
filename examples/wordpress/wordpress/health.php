<?php
// Says nothing of the database: without it no copy is better than another.
header('Content-Type: text/plain');
echo "ok\n";
