package format_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/postern-project/postern/cmd/postern/internal/format"
	"github.com/postern-project/postern/runtime/redact"
	"github.com/postern-project/postern/runtime/secret"
)

// runner parses a command file as the runner does: NAME=VALUE, or NAME<<END and
// the lines up to END.
func runner(t *testing.T, text string) map[string]string {
	t.Helper()
	set := map[string]string{}
	lines := strings.SplitAfter(text, "\n")
	for i := 0; i < len(lines) && lines[i] != ""; i++ {
		line := strings.TrimSuffix(lines[i], "\n")
		name, end, ok := strings.Cut(line, "<<")
		if equals := strings.Index(line, "="); equals >= 0 && (!ok || equals < len(name)) {
			set[line[:equals]] = line[equals+1:]
			continue
		}
		if !ok {
			t.Fatalf("the runner rejects the line %q", line)
		}
		var value strings.Builder
		for i++; strings.TrimSuffix(lines[i], "\n") != end; i++ {
			value.WriteString(lines[i])
		}
		set[name] = strings.TrimSuffix(value.String(), "\n")
	}
	return set
}

// masked decodes the commands and returns the values that they mask.
func masked(t *testing.T, text string) map[string]bool {
	t.Helper()
	found := map[string]bool{}
	for line := range strings.Lines(text) {
		data, ok := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "::add-mask::")
		if !ok || strings.TrimSpace(data) == "" {
			t.Fatalf("want a mask command, got %q", line)
		}
		data = strings.NewReplacer("%0D", "\r", "%0A", "\n", "%25", "%").Replace(data)
		found[data] = true
	}
	return found
}

func checkGitHub(t *testing.T, value string) {
	t.Helper()
	entries := []format.Entry{entry(t, "v", "V", []byte(value)), entry(t, "w", "W", []byte("next"))}
	var env, masks format.Document
	err := format.GitHubEnv(&env, rand.Reader, entries)
	if strings.HasSuffix(value, "\r") {
		if !errors.Is(err, secret.ErrInvalidValue) {
			t.Errorf("%q: %v, want invalid_value: a runner on Windows loses the end", value, err)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	if got := runner(t, string(env.Bytes())); len(got) != 2 || got["V"] != value || got["W"] != "next" {
		t.Errorf("the runner reads %q for %q", got, value)
	}
	common, err := format.GitHubMasks(&masks, entries)
	if err != nil {
		t.Fatal(err)
	}
	found, worth := masked(t, string(masks.Bytes())), 0
	for _, line := range strings.FieldsFunc(value, func(r rune) bool { return r == '\n' || r == '\r' }) {
		line = strings.TrimSpace(line)
		if want := redact.Classify([]byte(line)) == ""; found[line] != want && line != "next" {
			t.Errorf("%q of %q is masked: %v, want %v", line, value, found[line], want)
		} else if want {
			worth++
		}
	}
	if named := slices.Contains(common, "v"); named != (worth == 0 && value != "") {
		t.Errorf("%q is named as not masked: %v, but %d lines are", value, named, worth)
	}
}

// TestGitHubMasksLeaveTheLogReadable: what every log is full of is not masked.
func TestGitHubMasksLeaveTheLogReadable(t *testing.T) {
	t.Parallel()
	const document = "{\n  \"debug\": true,\n  \"key\": \"k3y-of-the-service\"\n}\n"
	var d format.Document
	common, err := format.GitHubMasks(&d, []format.Entry{
		entry(t, "doc", "DOC", []byte(document)), entry(t, "x", "X", []byte("x")), entry(t, "on", "ON", []byte("true")), entry(t, "none", "NONE", nil),
	})
	if got, want := string(d.Bytes()), "::add-mask::\"debug\": true,\n::add-mask::\"key\": \"k3y-of-the-service\"\n::add-mask::k3y-of-the-service\n"; err != nil || got != want {
		t.Errorf("masks are %q, %v, want %q", got, err, want)
	}
	if want := []secret.Key{"x", "on"}; !slices.Equal(common, want) {
		t.Errorf("not masked are %q, want %q", common, want)
	}
}

// TestGitHubMasksTheFieldsOfJSON: the next step may print one of them alone.
func TestGitHubMasksTheFieldsOfJSON(t *testing.T) {
	t.Parallel()
	const document = `{"user":"orders","host":"mail","timeout":300000,"pw":"json-pw\u002dsecret-1","key":"line-one-of-2\nline-two-of-2","pin":48151623,"on":true}`
	var d format.Document
	_, err := format.GitHubMasks(&d, []format.Entry{entry(t, "doc", "DOC", []byte(document)), entry(t, "no", "NO", []byte(`{"pw":"json-not-valid"`))})
	want := "::add-mask::" + document + "\n::add-mask::json-pw-secret-1\n::add-mask::line-one-of-2\n::add-mask::line-two-of-2\n::add-mask::48151623\n" +
		`::add-mask::{"pw":"json-not-valid"` + "\n"
	if got := string(d.Bytes()); err != nil || got != want {
		t.Errorf("masks are %q, %v, want %q", got, err, want)
	}
}

func TestGitHubReadsBack(t *testing.T) {
	t.Parallel()
	for _, value := range nasty(500) {
		checkGitHub(t, value)
	}
}

func FuzzGitHub(f *testing.F) {
	for _, value := range values() {
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, value string) {
		if utf8.ValidString(value) && strings.IndexByte(value, 0) < 0 {
			checkGitHub(t, value)
		}
	})
}

// TestGitHubDelimitersDiffer: delimiters cannot be predicted.
func TestGitHubDelimitersDiffer(t *testing.T) {
	t.Parallel()
	var d format.Document
	entries := []format.Entry{entry(t, "a", "A", nil), entry(t, "b", "B", nil)}
	if err := format.GitHubEnv(&d, rand.Reader, entries); err != nil {
		t.Fatal(err)
	}
	ends := map[string]bool{}
	for line := range strings.Lines(string(d.Bytes())) {
		if _, end, ok := strings.Cut(line, "<<"); ok {
			ends[end] = true
		}
	}
	if len(ends) != 2 {
		t.Errorf("delimiters are %v", ends)
	}
	d.Wipe()
	broken := errors.New("no randomness")
	if err := format.GitHubEnv(&d, failing{broken}, entries); !errors.Is(err, broken) || !bytes.Equal(d.Bytes(), nil) {
		t.Errorf("without randomness: %v", err)
	}
}

type failing struct{ error }

func (e failing) Read([]byte) (int, error) { return 0, e.error }
