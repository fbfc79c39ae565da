<?php
// That PHP answers is all that is asked.
header('Content-Type: text/plain');
echo "ok\n";
