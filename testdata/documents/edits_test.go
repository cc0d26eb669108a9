// Package documents_test makes random documents, edits them through the built-in
// modules and reads them with the common readers of each format.
package documents_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/secret"
)

var seed = flag.Uint64("seed", 1, "repeats the random documents of a run")

// documents is how many documents there are of each format. POSTERN_DOCUMENTS is
// another number, for the long tier.
func documents(t *testing.T) int {
	t.Helper()
	text := os.Getenv("POSTERN_DOCUMENTS")
	if text == "" {
		return 150
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

var formats = map[string]struct {
	file     string
	generate func(*rand.Rand) document
	// refused are the codes with which set may refuse a value.
	refused []error
}{
	"toml":   {"s.toml", tomlDocument, nil},
	"json":   {"s.json", jsonDocument, nil},
	"yaml":   {"s.yaml", yamlDocument, []error{secret.ErrReadOnly}},
	"dotenv": {"s.env", dotenvDocument, []error{secret.ErrInvalidValue}},
}

// TestEditsKeepWhatOthersRead: after a random set or delete, every reader that took
// the document before takes it, with the value that was set and all others unchanged,
// and no comment is lost. A document that all readers take is not refused.
func TestEditsKeepWhatOthersRead(t *testing.T) {
	for format := range formats {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			readers := readersOf(t, format)
			e := newEditor(t, format)
			counts := map[string]int{}
			for i := range documents(t) {
				r := rand.New(rand.NewPCG(*seed, uint64(i)))
				if problem := e.try(formats[format].generate(r), r, readers, counts); problem != "" {
					t.Errorf("%s document %d of seed %d: %s", format, i, *seed, problem)
					if counts["problems"]++; counts["problems"] == 20 {
						t.Fatal("too many problems")
					}
				}
			}
			var names []string
			for _, r := range readers {
				names = append(names, r.name)
			}
			t.Logf("%s: %v, read by %s", format, counts, strings.Join(names, ", "))
			if counts["set"] == 0 || counts["deleted"] == 0 {
				t.Error("nothing was set or deleted")
			}
		})
	}
}

type editor struct {
	format, path string
	rt           *runtime.Runtime
	t            *testing.T
}

func newEditor(t *testing.T, format string) *editor {
	t.Helper()
	dir, file := t.TempDir(), formats[format].file
	rt, err := runtime.Open(t.Context(), runtime.Options{Dir: dir, Providers: []runtime.ProviderOptions{{
		Name: format, Module: "file", Config: map[string]string{"path": file},
		Grant: runtime.Grant{Files: []runtime.FileGrant{{Path: file, Write: true}}},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = rt.Close() })
	return &editor{format, filepath.Join(dir, file), rt, t}
}

// state is a text and what the readers that take it find in it.
type state struct {
	text string
	read map[string]values
}

var loneCR = regexp.MustCompile(`\r(?:[^\n]|$)`)

// needLF are the readers of dotenv to which a lone CR does not end a line.
var needLF = []string{"sh", "node --env-file", "godotenv"}

// readAll reads a text in which the keys have values. A reader that does not find them,
// or finds other variables, does not understand the text.
func readAll(text string, keys []string, variables bool, readers []reader) (s state, refusals string) {
	s = state{text, map[string]values{}}
	for _, r := range readers {
		v, err := r.read(text)
		for _, key := range keys {
			if _, has := v[key]; err == nil && !has {
				err = fmt.Errorf("%s is not found", key)
			}
		}
		for name := range v {
			if variables && name != "/" && !slices.Contains(keys, name) {
				err = fmt.Errorf("%q is not a name in it", name)
			}
		}
		if variables && err == nil && loneCR.MatchString(text) && slices.Contains(needLF, r.name) {
			err = errors.New("CR is not the end of a line")
		}
		if variables && err == nil && strings.HasPrefix(text, "\ufeff") && r.name != "npm dotenv" {
			err = errors.New("a byte order mark is part of the first name")
		}
		if err != nil {
			refusals += fmt.Sprintf("%s: %v\n", r.name, err)
			continue
		}
		s.read[r.name] = v
	}
	return s, refusals
}

// try edits a document a few times, and returns what is wrong.
func (e *editor) try(d document, r *rand.Rand, readers []reader, counts map[string]int) string {
	before, refusals := readAll(d.text, d.keys, e.format == "dotenv", readers)
	if err := os.WriteFile(e.path, []byte(d.text), 0o600); err != nil {
		return err.Error()
	}
	if _, err := e.rt.Keys(e.t.Context(), ""); err != nil {
		if refusals != "" {
			counts["refused by all"]++
			return ""
		}
		return fmt.Sprintf("refused, but all readers take it: %s\n%q", explain(err), d.text)
	}
	if refusals != "" {
		counts["refused by some"]++
	}
	for range 3 {
		key, value := e.choose(d, r)
		after, problem := e.edit(before, key, value, readers, counts)
		if problem != "" {
			return fmt.Sprintf("%s %q: %s\nbefore %q\nafter  %q\n%s", operation(value), key, problem, before.text, after.text, refusals)
		}
		before = after
	}
	return ""
}

func operation(value *string) string {
	if value == nil {
		return "delete"
	}
	return fmt.Sprintf("set %q", *value)
}

// choose returns a key, perhaps a new one, and a value, or nil to delete the key.
func (e *editor) choose(d document, r *rand.Rand) (key string, value *string) {
	if len(d.keys) > 0 && r.IntN(3) > 0 {
		key = d.keys[r.IntN(len(d.keys))]
	} else {
		name := fmt.Sprintf("n%d", r.IntN(1000))
		if e.format != "dotenv" && r.IntN(4) == 0 {
			name += fmt.Sprintf("/m%d", r.IntN(1000))
		}
		key = name
		if len(d.tables) > 0 {
			key = join(d.tables[r.IntN(len(d.tables))], name)
		}
	}
	if r.IntN(3) == 0 {
		return key, nil
	}
	v := texts[r.IntN(len(texts))]
	return key, &v
}

var texts = []string{
	"", "x", "new value", "it's", `"`, `a"b`, `\`, `C:\new`, "$HOME", "${X}", "`id`", "$(id)", "a\nb", "a\nb\n", " x ", "#", "a # b", "é", "\u2028", "😀",
	"1", "0", "-5", "1.5", "1.10", "007", "1e3", "1_000", "0x1F", "9007199254740991", "9007199254740993", "98765432109876543210", "0.1", "-0", "0.00001",
	"true", "false", "yes", "no", "null", "~", "2001-12-14", "12:30", "a: b", "- a", "[a]", "{a}", "&a", "*a", "!a", "|", "%", "@", "'''", `"""`,
	"-----BEGIN K-----\nMIIabc\n-----END K-----\n", "\t", "\x01", "\u0085", "a\\\nb", "=", "NULL", "inf", "NaN", ".5", "+1", "\r\n",
}

// edit sets or deletes one key and compares.
func (e *editor) edit(before state, key string, value *string, readers []reader, counts map[string]int) (state, string) {
	err := e.write(key, value)
	text, readErr := os.ReadFile(e.path)
	if readErr != nil {
		return before, readErr.Error()
	}
	if err != nil {
		if !bytes.Equal(text, []byte(before.text)) {
			return before, "failed and changed the file"
		}
		return before, e.refusal(err, before, key, value, counts)
	}
	counts[map[bool]string{true: "deleted", false: "set"}[value == nil]]++
	after, refusals := readAll(string(text), nil, false, readers)
	for _, r := range readers {
		was, took := before.read[r.name]
		if !took {
			delete(after.read, r.name)
			continue
		}
		is, takes := after.read[r.name]
		if !takes {
			return after, r.name + " refuses it now: " + refusals
		}
		if r.name == "sh" && strings.Contains(before.text, "\r") {
			continue // a shell takes CR for a part of every value
		}
		if problem := compare(was, is, key, value); problem != "" {
			return after, r.name + ": " + problem
		}
	}
	if value != nil {
		if problem := e.reads(key, *value); problem != "" {
			return after, problem
		}
	}
	return after, lost(before.text, after.text, key, value == nil)
}

func (e *editor) write(key string, value *string) error {
	if value == nil {
		return e.rt.Delete(e.t.Context(), secret.Key(key))
	}
	s, err := secret.FromString(*value)
	if err != nil {
		return err
	}
	return e.rt.Set(e.t.Context(), secret.Key(key), s)
}

func (e *editor) reads(key, value string) string {
	s, err := e.rt.Get(e.t.Context(), secret.Key(key))
	if err != nil {
		return explain(err)
	}
	if got, _ := s.ExposeString(); got != value {
		return fmt.Sprintf("reads %q", got)
	}
	return ""
}

// refusal returns what is wrong with the error of an edit.
func (e *editor) refusal(err error, before state, key string, value *string, counts map[string]int) string {
	counts["refused edits"]++
	if value == nil && errors.Is(err, secret.ErrNotFound) {
		for name, all := range before.read {
			if v, has := all[key]; has && v != "null" {
				return name + " has the key, but it is not_found"
			}
		}
		return ""
	}
	allowed := formats[e.format].refused
	if strings.Contains(before.text, "[[") || before.read != nil && e.isContainer(before, key) {
		allowed = append(slices.Clone(allowed), secret.ErrInvalidKey)
	}
	for _, code := range allowed {
		if errors.Is(err, code) && explain(err) != "" {
			return ""
		}
	}
	return "refused: " + explain(err)
}

func (e *editor) isContainer(before state, key string) bool {
	for _, all := range before.read {
		if _, table := all[key+"/"]; table || strings.HasPrefix(all[key], "list ") {
			return true
		}
	}
	return false
}

func explain(err error) string {
	var failed *secret.Error
	if errors.As(err, &failed) && failed.GuestText() != "" {
		return err.Error() + ": " + failed.GuestText()
	}
	return err.Error()
}

// compare returns how a reader's values differ from what an edit should leave.
func compare(was, is values, key string, value *string) string {
	around := func(k string) bool { // tables and nulls around the key come and go
		return strings.HasPrefix(key, strings.TrimSuffix(k, "/")+"/") || k == "/"
	}
	for _, k := range slices.Sorted(maps.Keys(was)) {
		if k != key && !around(k) && is[k] != was[k] {
			return fmt.Sprintf("%q was %q and is %q", k, was[k], is[k])
		}
	}
	for _, k := range slices.Sorted(maps.Keys(is)) {
		if _, had := was[k]; !had && k != key && !around(k) {
			return fmt.Sprintf("%q is new: %q", k, is[k])
		}
	}
	got, has := is[key]
	if value == nil {
		if has {
			return fmt.Sprintf("the key is still there: %q", got)
		}
		return ""
	}
	if _, text, _ := strings.Cut(got, " "); text != *value || !has {
		return fmt.Sprintf("the value is %q", got)
	}
	return ""
}

var comments = regexp.MustCompile(`# c\d+`)

// lost names a comment that an edit removed. A delete may remove those on the lines of
// its key.
func lost(before, after, key string, deleted bool) string {
	name := key[strings.LastIndexByte(key, '/')+1:]
	mine := false // in the lines of the key
	for _, line := range regexp.MustCompile(`\r\n|\n|\r`).Split(before, -1) {
		if names := regexp.MustCompile(`(?:\b|_|DB_)[kKn]\d+\b`).FindAllString(line, -1); len(names) > 0 || strings.Contains(line, `\u006b`) {
			mine = strings.Contains(line, name)
		} else if comments.MatchString(line) && strings.HasPrefix(strings.TrimSpace(line), "#") {
			mine = false
		}
		for _, c := range comments.FindAllString(line, -1) {
			if !strings.Contains(after, c) && !(deleted && mine) {
				return "the comment " + c + " is lost"
			}
		}
	}
	return ""
}
