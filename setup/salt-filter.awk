# Pulumi keeps `encryptionsalt`, which belongs to one user's passphrase, in the stack's config file. For those
# that .gitattributes names, this is git's filter between the two (see setup/git.ts):
#   clean:   awk -f salt-filter.awk                what git stores: no salt
#   smudge:  awk -v salt=… -f salt-filter.awk      what the folder holds: this user's salt
# A file that holds secrets (`secure:`) keeps the salt they were made with: without it nobody can read them.
{ lines[NR] = $0 }
/^encryptionsalt:/ { salted = 1 }
/^[[:space:]]*(- )?secure:/ { secrets = 1 }
END {
  keep = salted && secrets
  for (i = 1; i <= NR; i++)
    if (keep || lines[i] !~ /^encryptionsalt:/) print lines[i]
  if (salt && !keep) print "encryptionsalt: " salt
}
