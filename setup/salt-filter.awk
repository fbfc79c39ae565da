# Git's clean filter for Pulumi.dev.yaml (see .gitattributes): what git stores has no `encryptionsalt`,
# which belongs to one user's passphrase and would differ in every clone. A file that holds secrets
# (`secure:`) keeps it, since they can't be read without.
{ lines[NR] = $0 }
/^[[:space:]]*(- )?secure:/ { secrets = 1 }
END {
  for (i = 1; i <= NR; i++)
    if (secrets || lines[i] !~ /^encryptionsalt:/) print lines[i]
}
