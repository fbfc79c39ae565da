<?php
// WordPress's own place for another way to its database: one that waits a while for it. A database on a volume stops before
// it is started again, and a visitor who waits some seconds is better served than one who is sent away.

class PatientDatabase extends wpdb
{
    private const SECONDS = 15;

    public function db_connect($allow_bail = true)
    {
        $end = microtime(true) + self::SECONDS;
        do {
            if (parent::db_connect(false)) {
                return true;
            }
            usleep(100_000);
            // From 2000 on it is the client's own word that nobody answers; 1053 says that it is about to stop.
            $code = mysqli_connect_errno();
        } while (($code >= 2000 || $code === 1053) && microtime(true) < $end);
        return parent::db_connect($allow_bail);
    }
}

$wpdb = new PatientDatabase(DB_USER, DB_PASSWORD, DB_NAME, DB_HOST);
