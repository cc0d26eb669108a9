package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"filippo.io/age"
)

// What every command prints.
const (
	key   = "DB_URL"
	value = "postgres://u:p@localhost:5432/db"
)

func main() {
	bin := flag.String("bin", "", "folder with hello, postern and, if it was built, sops")
	dir := flag.String("dir", "", "folder for temporary files")
	prepare := flag.Bool("prepare", false, "only write the encrypted file for sops, and exit")
	rounds := flag.Int("rounds", 31, "number of rounds; each runs every command once")
	flag.Parse()
	var err error
	if *prepare {
		err = encrypt(*bin, *dir)
	} else {
		err = measure(*bin, *dir, *rounds)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// encrypt writes a new key and an encrypted file for sops. It needs a separate
// process because the kernel never reports less peak memory for a child than its
// parent had.
func encrypt(bin, dir string) error {
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		return err
	}
	plain := filepath.Join(dir, "plain.env")
	err = errors.Join(
		os.WriteFile(filepath.Join(dir, "key.txt"), []byte(identity.String()+"\n"), 0o600),
		os.WriteFile(plain, []byte(key+"="+value+"\n"), 0o600),
	)
	if err != nil {
		return err
	}
	out, err := exec.Command(filepath.Join(bin, "sops"), "encrypt", "--age", identity.Recipient().String(), plain).Output()
	if err != nil {
		return fmt.Errorf("sops encrypt: %w", err)
	}
	return os.WriteFile(filepath.Join(dir, "sops.env"), out, 0o600)
}
