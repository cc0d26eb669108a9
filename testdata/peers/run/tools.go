//go:build linux

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// tool is a program; argv returns the arguments with which it runs a command.
type tool struct {
	name string
	argv func(bin string, command []string) []string
}

func tools() []tool {
	return []tool{
		{"postern", func(bin string, c []string) []string { return append([]string{bin, "run", "--"}, c...) }},
		{"sops", func(bin string, c []string) []string {
			return []string{bin, "exec-env", "sops.env", quoted(c)} // it takes one string, which a shell runs
		}},
		{"vals", func(bin string, c []string) []string {
			return append([]string{bin, "exec", "-i", "-f", "vals.yaml", "--"}, c...)
		}},
		{"teller", func(bin string, c []string) []string {
			return append([]string{bin, "-c", "teller.yml", "run", "--"}, c...)
		}},
		{"godotenv", func(bin string, c []string) []string { return append([]string{bin, "-f", ".env"}, c...) }},
		{"dotenvx", func(bin string, c []string) []string {
			return append([]string{bin, "run", "-q", "-f", ".env", "--"}, c...)
		}},
		{"varlock", func(bin string, c []string) []string { return append([]string{bin, "run", "--"}, c...) }},
	}
}

func quoted(words []string) string {
	var all []string
	for _, w := range words {
		all = append(all, "'"+strings.ReplaceAll(w, "'", `'\''`)+"'")
	}
	return strings.Join(all, " ")
}

// prepare writes the files that the programs read, and returns the programs that
// are in bin.
func prepare(bin, dir string) ([]tool, error) {
	files := map[string]string{
		".env":        key + "=" + value + "\n",
		".env.schema": "# @defaultSensitive=true\n# ---\n" + key + "=\n",
		"vals.yaml":   key + ": ref+file://" + filepath.Join(dir, "value") + "\n",
		"value":       value,
		"teller.yml":  "project: p\nproviders:\n  dotenv:\n    env_sync:\n      path: .env\n",
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			return nil, err
		}
	}
	var found []tool
	for _, t := range tools() {
		path, err := filepath.Abs(filepath.Join(bin, t.name))
		if err != nil {
			return nil, err
		}
		if _, err := exec.LookPath(path); err != nil {
			continue
		}
		argv := t.argv
		t.argv = func(_ string, c []string) []string { return argv(path, c) }
		found = append(found, t)
	}
	return found, nil
}
