//go:build unix

package main_test

import (
	"bytes"
	"encoding/base64"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"html/template"
	"io"
	"log"
	"log/slog"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"text/tabwriter"
	texttemplate "text/template"
	"unicode/utf16"
)

// encodings are forms that a program may give a value before printing it.
func encodings() map[string]func(string) string {
	return map[string]func(string) string{
		"raw":        func(s string) string { return s },
		"base64":     func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) },
		"base64 +1":  func(s string) string { return base64.StdEncoding.EncodeToString([]byte("u" + s + "!")) },
		"base64 url": func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte("u:" + s)) },
		"hex":        func(s string) string { return hex.EncodeToString([]byte(s)) },
		"HEX":        func(s string) string { return strings.ToUpper(hex.EncodeToString([]byte(s))) },
		"percent":    url.QueryEscape,
		"JSON": func(s string) string {
			b, _ := json.Marshal(s)
			return string(b)
		},
	}
}

// printers are ways to print a text.
func printers() map[string]func(w io.Writer, s string) {
	type record struct {
		Name, Token string
		More        map[string]any
	}
	of := func(s string) record { return record{"n", s, map[string]any{"t": s}} }
	slogger := func(h slog.Handler) *slog.Logger { return slog.New(h) }
	return map[string]func(w io.Writer, s string){
		"print":         func(w io.Writer, s string) { fmt.Fprint(w, s) },
		"%s":            func(w io.Writer, s string) { fmt.Fprintf(w, "t=%s,", s) },
		"%q":            func(w io.Writer, s string) { fmt.Fprintf(w, "%q", s) },
		"%x":            func(w io.Writer, s string) { fmt.Fprintf(w, "%x %s", "nothing", s) },
		"%v of struct":  func(w io.Writer, s string) { fmt.Fprintf(w, "%v", of(s)) },
		"%+v of struct": func(w io.Writer, s string) { fmt.Fprintf(w, "%+v", of(s)) },
		"%#v of struct": func(w io.Writer, s string) { fmt.Fprintf(w, "%#v", of(s)) },
		"%v of slice":   func(w io.Writer, s string) { fmt.Fprintf(w, "%v", []string{s, s}) },
		"%v of map":     func(w io.Writer, s string) { fmt.Fprintf(w, "%v", map[string]string{s: s}) },
		"%s of bytes":   func(w io.Writer, s string) { fmt.Fprintf(w, "%s", []byte(s)) },
		"%s of error":   func(w io.Writer, s string) { fmt.Fprintf(w, "%s", fmt.Errorf("get: %w", errors.New(s))) },
		"joined errors": func(w io.Writer, s string) { fmt.Fprint(w, errors.Join(errors.New(s), errors.New("x"))) },
		"padded":        func(w io.Writer, s string) { fmt.Fprintf(w, "|%90s|%-90s|", s, s) },
		"log":           func(w io.Writer, s string) { log.New(w, "p ", log.LstdFlags|log.Lshortfile).Print(s) },
		"slog text":     func(w io.Writer, s string) { slogger(slog.NewTextHandler(w, nil)).Error(s, "t", s) },
		"slog JSON":     func(w io.Writer, s string) { slogger(slog.NewJSONHandler(w, nil)).Error(s, "t", s) },
		"slog group": func(w io.Writer, s string) {
			slogger(slog.NewJSONHandler(w, nil)).With(slog.Group("g", "t", s)).Info("m", "e", errors.New(s))
		},
		"JSON":          func(w io.Writer, s string) { _ = json.NewEncoder(w).Encode(of(s)) },
		"indented JSON": func(w io.Writer, s string) { b, _ := json.MarshalIndent(of(s), "", "  "); _, _ = w.Write(b) },
		"XML":           func(w io.Writer, s string) { _ = xml.EscapeText(w, []byte(s)) },
		"CSV": func(w io.Writer, s string) {
			c := csv.NewWriter(w)
			_ = c.Write([]string{"a,b", s})
			c.Flush()
		},
		"table": func(w io.Writer, s string) {
			c := tabwriter.NewWriter(w, 2, 8, 2, ' ', 0)
			fmt.Fprintf(c, "a\t%s\tb\n", s)
			_ = c.Flush()
		},
		"text template": func(w io.Writer, s string) {
			_ = texttemplate.Must(texttemplate.New("").Parse("{{.Token}} {{.More}}")).Execute(w, of(s))
		},
		"HTML template": func(w io.Writer, s string) {
			_ = template.Must(template.New("").Parse("<p>{{.Token}}</p>")).Execute(w, of(s))
		},
		"quoted twice": func(w io.Writer, s string) { fmt.Fprint(w, strconv.Quote(s)) },
	}
}

// hits returns the names of the forms of value that b contains.
func hits(b []byte, value string) []string {
	var found []string
	add := func(form string, needle []byte) {
		if bytes.Contains(b, needle) {
			found = append(found, form)
		}
	}
	for form, encode := range encodings() {
		text := encode(value)
		if strings.HasPrefix(form, "base64") {
			continue
		}
		add(form, []byte(strings.Trim(text, `"`)))
	}
	for shift := range 3 {
		text := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("-", shift) + value + "--"))
		core := text[4 : len(text)-8]
		add("base64", []byte(core))
		add("base64 url", []byte(strings.NewReplacer("+", "-", "/", "_").Replace(core)))
	}
	var wide []byte
	for _, u := range utf16.Encode([]rune(value)) {
		wide = append(wide, byte(u), byte(u>>8))
	}
	add("UTF-16", wide)
	return found
}

// TestP12RedactPrinters: redact masks a value in every form and from every printer,
// and changes nothing else.
func TestP12RedactPrinters(t *testing.T) {
	t.Parallel()
	// Most encodings change something of it. What is not promised is not in it:
	// CSV doubles quotes, and html/template writes "+" as a number.
	const value = `p4ss-W0rd/x&y=z_5ecret<7f3e>9a1b`
	var in bytes.Buffer
	n := 0
	for encoding, encode := range encodings() {
		for printer, show := range printers() {
			fmt.Fprintf(&in, "BEGIN %s, %s: ", encoding, printer)
			show(&in, encode(value))
			fmt.Fprintf(&in, " END\n")
			n++
		}
	}
	if n != 25*8 {
		t.Fatalf("%d ways to print, want 200", n)
	}
	cmd, stderr := command(t, "redact")
	writeStore(t, cmd.Dir, map[string]string{"db/password": value})
	cmd.Stdin = bytes.NewReader(in.Bytes())
	out, err := cmd.Output()
	if err != nil || stderr.Len() > 0 {
		t.Fatalf("%v: %s", err, stderr)
	}
	if found := hits(out, value); len(found) > 0 {
		for line := range bytes.Lines(out) {
			if len(hits(line, value)) > 0 {
				t.Errorf("shows %q: %s", hits(line, value), line)
			}
		}
	}
	parts := bytes.Split(out, []byte("BEGIN "))[1:]
	if len(parts) != n {
		t.Errorf("%d outputs came through, want %d", len(parts), n)
	}
	for _, part := range parts {
		if !bytes.Contains(part, []byte("[REDACTED:db/password]")) || !bytes.HasSuffix(part, []byte(" END\n")) {
			t.Errorf("no mask, or too much of one: %s", part)
		}
	}
}

// writeStore writes a configuration with a file provider, and the file with values.
func writeStore(t *testing.T, dir string, values map[string]string) {
	t.Helper()
	b, err := json.Marshal(values)
	if err != nil {
		t.Fatal(err)
	}
	config := "providers: { files: { module: file, grant: { files: [{ path: ./s.json }] }, config: { path: s.json } } }\n"
	for name, text := range map[string]string{"c.yaml": config, "s.json": string(b)} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// TestTM098RedactKeepsBytes: bytes that are not part of a value are copied unchanged,
// in chunks of any size.
func TestTM098RedactKeepsBytes(t *testing.T) {
	t.Parallel()
	in := make([]byte, 8<<20)
	state := uint64(1)
	for i := range in {
		state = state*6364136223846793005 + 1442695040888963407
		in[i] = byte(state >> 56)
	}
	cmd, stderr := command(t, "redact")
	writeStore(t, cmd.Dir, map[string]string{"a": canary, "b": "another value"})
	cmd.Stdin = io.MultiReader(bytes.NewReader(in[:1]), bytes.NewReader(in[1:70_000]), bytes.NewReader(in[70_000:]))
	out, err := cmd.Output()
	if err != nil || !bytes.Equal(out, in) {
		t.Errorf("%v, %d bytes of %d are back: %s", err, len(out), len(in), stderr)
	}
}

// TestRedactStreams: redact writes each line before the next one arrives, writes a
// prompt that may be the beginning of a value after a pause, and ends with its input.
func TestRedactStreams(t *testing.T) {
	t.Parallel()
	cmd, stderr := command(t, "redact")
	writeStore(t, cmd.Dir, map[string]string{"k": "Password: hunter2-hunter2"})
	stdin, stdout := pipes(t, cmd)
	expect := func(in, want string) {
		t.Helper()
		if _, err := io.WriteString(stdin, in); err != nil {
			t.Fatal(err)
		}
		got := make([]byte, len(want))
		if _, err := io.ReadFull(stdout, got); err != nil || string(got) != want {
			t.Fatalf("%q gave %q, %v, want %q: %s", in, got, err, want, stderr)
		}
	}
	expect("one line\n", "one line\n")
	expect("Pas", "Pas") // by the timer
	expect("x\n", "x\n")
	expect("Password: hunter2-hunter2\n", "[REDACTED:k]\n")
	if _, err := io.WriteString(stdin, "tail P"); err != nil {
		t.Fatal(err)
	}
	_ = stdin.Close()
	rest, err := io.ReadAll(stdout)
	if err != nil || string(rest) != "tail P" {
		t.Errorf("the end is %q, %v", rest, err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("Wait = %v: %s", err, stderr)
	}
}

func pipes(t *testing.T, cmd *exec.Cmd) (io.WriteCloser, io.Reader) {
	t.Helper()
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return stdin, stdout
}

// TestRedactInterrupted: a signal ends the stream, and held back bytes are written.
func TestRedactInterrupted(t *testing.T) {
	t.Parallel()
	for signal, want := range map[syscall.Signal]int{syscall.SIGINT: 130, syscall.SIGTERM: 75} {
		cmd, stderr := command(t, "redact")
		writeStore(t, cmd.Dir, map[string]string{"k": canary})
		stdin, stdout := pipes(t, cmd)
		if _, err := io.WriteString(stdin, "started\n"); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(stdout, make([]byte, len("started\n"))); err != nil {
			t.Fatal(err)
		}
		if err := cmd.Process.Signal(signal); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadAll(stdout); err != nil {
			t.Fatal(err)
		}
		var exit *exec.ExitError
		if err := cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != want {
			t.Errorf("%v: Wait = %v, want exit code %d: %s", signal, err, want, stderr)
		}
	}
}
