//go:build linux

package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// The secret that every program is given.
const (
	key   = "PROBE_SECRET"
	value = "c4n4ry~V4lue~5ecret~7f3e9a1b"
)

func main() {
	if len(os.Args) > 2 && os.Args[1] == "probe" {
		os.Exit(probe(os.Args[2], os.Args[3:]))
	}
	bin := flag.String("bin", "", "folder with the programs; missing ones are left out")
	dir := flag.String("dir", "", "empty folder for temporary files")
	full := flag.Bool("full", false, "all 256 exit codes, not 16 of them")
	flag.Parse()
	if err := run(*bin, *dir, *full); err != nil {
		fmt.Fprintln(os.Stderr, "run:", err)
		os.Exit(1)
	}
}

func run(bin, dir string, full bool) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	found, err := prepare(bin, dir)
	if err != nil {
		return err
	}
	checks := checks(full)
	rows := make([][]string, len(checks))
	for _, t := range found {
		s := &subject{tool: t, self: self, dir: dir}
		for i, c := range checks {
			rows[i] = append(rows[i], s.ask(c))
			fmt.Fprintf(os.Stderr, "%s: %s: %s\n", t.name, c.name, rows[i][len(rows[i])-1])
		}
	}
	line := func(first string, cells []string) {
		fmt.Println("| " + first + " | " + strings.Join(cells, " | ") + " |")
	}
	var names, rule []string
	for _, t := range found {
		names, rule = append(names, t.name), append(rule, "---")
	}
	line("", names)
	line("---", rule)
	for i, c := range checks {
		line(c.name, rows[i])
	}
	return nil
}

// ask runs one check. An error becomes the answer.
func (s *subject) ask(c check) (answer string) {
	dir, err := os.MkdirTemp(s.dir, "check")
	if err != nil {
		return err.Error()
	}
	defer func() { _ = os.RemoveAll(dir) }()
	s.socket = filepath.Join(dir, "s")
	answer, err = c.ask(s)
	if err != nil {
		return "? (" + strings.ReplaceAll(err.Error(), "|", "/") + ")"
	}
	return answer
}
