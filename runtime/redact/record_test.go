package redact_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postern-project/postern/runtime/redact"
	"github.com/postern-project/postern/testdata/sample"
)

// syntaxValues are values that look like the syntax of a record.
var syntaxValues = []string{
	`"level":"ERROR"`, `","level":"ERROR","msg":"`, `"level":"INFO","msg":"`, `ERROR","msg":"`, `"INFO","`, `"msg":"pa`, `"k":"v1"`, `true,"x"`,
	`{"time":"`, "\"}\n", `"}}` + "\n", `","err":`, `:{"n":1,"`, `:200,`, `":"`, `"},"`, `level`, `time`, `"level"`, `"ERROR"`, `2026-01-02`, `T03:04:05`,
	`level=ERROR`, `ERROR msg=`, `level=ERROR msg="payment failed" `, `msg="pay`, ` err=`, `" err=boom`, `boom` + "\n", "2026-01-02T03:04:05.000Z level=", `=boom g.n=1`,
	`"payment failed","err":"boom"`, `{"n":1,"status":200}}`, `[1,`, `,2]`, `[1,"x"`, `,2,true`, `,"x":null`, "ERR pay", "ERR payment failed", "failed err=boom",
}

// searched returns the values that are long enough to be masked, without those that
// end with a line break, which stays.
func searched(vals ...string) (list []string) {
	for _, v := range vals {
		if len(v) >= 4 && !strings.HasSuffix(v, "\n") {
			list = append(list, v)
		}
	}
	return list
}

var logTime = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// handled returns the record with masks and without.
func handled(t *testing.T, r *redact.Registry, build func(io.Writer) slog.Handler, record slog.Record) (masked, plain string) {
	t.Helper()
	var outs [2]bytes.Buffer
	for _, h := range []slog.Handler{redact.NewHandler(&outs[0], r, build), build(&outs[1])} {
		if err := h.WithAttrs([]slog.Attr{slog.String("k", "v1")}).Handle(t.Context(), record); err != nil {
			t.Fatal(err)
		}
	}
	return outs[0].String(), outs[1].String()
}

// tokens returns the tokens of a JSON text in order.
func tokens(t *testing.T, text string) (list []json.Token) {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	for {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			return list
		}
		if err != nil {
			t.Fatalf("not JSON: %v: %s", err, text)
		}
		list = append(list, tok)
	}
}

var masks = regexp.MustCompile(`\[REDACTED:[^\]]*\]`)

// checkJSON checks that masked is plain with masks in its strings, keys and scalars,
// and that no string holds a value.
func checkJSON(t *testing.T, masked, plain string, vals []string) {
	t.Helper()
	if !strings.HasSuffix(masked, "}\n") {
		t.Errorf("values %q: the end of the line is gone: %q", vals, masked)
		return
	}
	got, want := tokens(t, masked), tokens(t, plain)
	for i, j := 0, 0; i < len(got) || j < len(want); i, j = i+1, j+1 {
		if i >= len(got) || j >= len(want) {
			t.Errorf("values %q: %s, want the structure of %s", vals, masked, plain)
			return
		}
		s, isString := got[i].(string)
		delim, isDelim := want[j].(json.Delim)
		switch {
		case got[i] == want[j]:
		case !isString || !masks.MatchString(s):
			t.Errorf("values %q: %v instead of %v in %s, want the structure of %s", vals, got[i], want[j], masked, plain)
			return
		case isDelim && (delim == '{' || delim == '[') && j > 0: // a value in whole
			for depth := 1; depth > 0; {
				j++
				switch want[j] {
				case json.Delim('{'), json.Delim('['):
					depth++
				case json.Delim('}'), json.Delim(']'):
					depth--
				}
			}
		}
		if isString && i >= 6 && !slices.Contains([]string{"time", "level", "msg", "source", "INFO"}, s) { // after the header, which stays
			for _, v := range vals {
				if strings.Contains(masks.ReplaceAllString(s, "\x00"), v) {
					t.Errorf("value %q is shown in %s", v, masked)
				}
			}
		}
	}
	if got[2] != want[2] || got[4] != "ERROR" || got[1] != "time" || got[3] != "level" || got[5] != "msg" {
		t.Errorf("values %q: %s, want time, level and msg in place", vals, masked)
	}
}

func failed() slog.Record {
	record := slog.NewRecord(logTime, slog.LevelError, "payment failed", 0)
	record.Add("err", errors.New("boom"), slog.Group("g", "n", 1, "status", 200, slog.Group("h", "x", nil)), "list", []any{1, "x", 2, true, "x"},
		"level", "a b", "user", "u1")
	return record
}

// TM-131: the author of a value does not choose what a JSON record says beside it.
func TestTM131ValuesDoNotBreakJSONRecords(t *testing.T) {
	t.Parallel()
	for _, v := range syntaxValues {
		r := filled(t, redact.AllEncodings, []string{v, logged})
		masked, plain := handled(t, r, jsonHandler, failed())
		checkJSON(t, masked, plain, nil)
		record := failed()
		record.Add("a", "x "+v+" y", "b"+v, 1, "c", v+logged)
		masked, plain = handled(t, r, jsonHandler, record)
		checkJSON(t, masked, plain, searched(v, logged))
	}
}

// A value of JSON that is a secret in whole is masked in whole, also if another value
// overlaps with its edge; its tokens are if it is the record.
func TestHandlerMasksJSONValuesInWhole(t *testing.T) {
	t.Parallel()
	doc := `{"type":"account","key":["abcdefgh1234",{"n":48151623}]}`
	r := filled(t, redact.AllEncodings, []string{doc, `"v":{"type"`, `]},"after":1`, `"account","key"`, `"with-quotes"`})
	masked, _ := handled(t, r, jsonHandler, func() slog.Record {
		record := slog.NewRecord(logTime, slog.LevelError, "m", 0)
		record.Add("v", json.RawMessage(doc), "after", 1, "q", json.RawMessage(`"with-quotes"`), "l", []any{json.RawMessage(doc), 2})
		return record
	}())
	want := `"v":"[REDACTED:key/00000]","after":1,"q":"[REDACTED:key/00004]","l":["[REDACTED:key/00000]",2]}` + "\n"
	if !strings.HasSuffix(masked, want) {
		t.Errorf("%s, want an end of %s", masked, want)
	}
}

// A record with more objects to compare than are compared shows none of them.
func TestHandlerMasksDeepJSONInWhole(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat(`[`, 200) + `"abcdefgh"` + strings.Repeat(`]`, 200)
	r := filled(t, redact.AllEncodings, []string{`"v":` + deep[:300], deep[100:] + `,"w"`})
	record := slog.NewRecord(logTime, slog.LevelError, "m", 0)
	record.Add("v", json.RawMessage(deep), "w", 1)
	masked, plain := handled(t, r, jsonHandler, record)
	checkJSON(t, masked, plain, nil)
}

// Masked records of random attributes are JSON with the same structure, whatever part
// of the line or of JSON the values are.
func TestMaskedRecordsKeepTheirStructure(t *testing.T) {
	t.Parallel()
	var rnd *rand.Rand
	pieces := append([]string{`"`, `\"`, `":"`, `,`, `{`, `}`, `[`, `]`, ` `, `=`, "\n", `\`, `\u0001`, "é", "<", "48151623", "1.5e3", "abc", "level", "msg", "INFO", "null", "\x1b[1m", "\x00", "%22"}, syntaxValues...)
	text := func() string {
		var b strings.Builder
		for range 1 + rnd.IntN(4) {
			b.WriteString(pieces[rnd.IntN(len(pieces))])
		}
		return b.String()
	}
	var attrs func(depth int) []any
	attrs = func(depth int) (list []any) {
		for range 1 + rnd.IntN(4) {
			key := "k" + random(rnd, letters, 3)
			switch rnd.IntN(7) {
			case 0:
				list = append(list, key, rnd.IntN(1e9))
			case 1:
				list = append(list, key, []string{text(), text()})
			case 2:
				list = append(list, key, map[string]any{text(): text(), "n": 1.5, "b": true})
			case 3:
				if depth > 0 {
					list = append(list, slog.Group(key, attrs(depth-1)...))
				}
			case 4:
				list = append(list, text(), text())
			default:
				list = append(list, key, text())
			}
		}
		return list
	}
	for _, rnd = range sample.Rounds(t, 1500) {
		record := slog.NewRecord(logTime, slog.LevelError, text(), 0)
		record.Add(attrs(3)...)
		_, line := handled(t, filled(t, redact.AllEncodings, nil), jsonHandler, record)
		var vals []string
		for range 1 + rnd.IntN(4) {
			v := text()
			if rnd.IntN(2) == 0 {
				at := rnd.IntN(len(line) - 5)
				v = line[at:min(len(line), at+4+rnd.IntN(40))]
			}
			vals = append(vals, v)
		}
		r := filled(t, redact.AllEncodings, vals)
		masked, plain := handled(t, r, jsonHandler, record)
		var found []string
		for _, v := range vals {
			if trimmed := strings.Trim(v, "\r\n"); r.String(v) != v && trimmed == v && !masks.MatchString(v) {
				found = append(found, v)
			}
		}
		checkJSON(t, masked, plain, found)
		masked, plain = handled(t, r, textHandler, record)
		checkText(t, masked, plain, vals)
		if t.Failed() {
			t.Fatalf("values %q", vals)
		}
	}
}

// pair matches one key and value of the text form.
var pair = regexp.MustCompile(`^("(?:[^"\\]|\\.)*"|[^ "=]+)=("(?:[^"\\]|\\.)*"|[^ "=]+)[ \n]`)

// checkText checks that masked is plain with masks in its keys and values.
func checkText(t *testing.T, masked, plain string, vals []string) {
	t.Helper()
	const start = "time=2026-01-02T03:04:05.000Z level=ERROR msg="
	if !strings.HasPrefix(masked, start) {
		t.Errorf("values %q: %q, want the start %q", vals, masked, start)
	}
	got, want := masked, plain
	for got != "" || want != "" {
		a, b := pair.FindStringSubmatch(got), pair.FindStringSubmatch(want)
		if a == nil || b == nil || a[0][len(a[0])-1] != b[0][len(b[0])-1] {
			t.Errorf("values %q: %q, want the pairs of %q", vals, masked, plain)
			return
		}
		for i := 1; i < 3; i++ {
			if a[i] != b[i] && !masks.MatchString(a[i]) {
				t.Errorf("values %q: %q instead of %q in %q", vals, a[i], b[i], masked)
			}
		}
		got, want = got[len(a[0]):], want[len(b[0]):]
	}
}

// TM-131: the same for the text form.
func TestTM131ValuesDoNotBreakTextRecords(t *testing.T) {
	t.Parallel()
	for _, v := range syntaxValues {
		r := filled(t, redact.AllEncodings, []string{v, logged})
		masked, plain := handled(t, r, textHandler, failed())
		checkText(t, masked, plain, []string{v})
		record := failed()
		record.Add("a", "x "+v+" y", "c", logged)
		masked, plain = handled(t, r, textHandler, record)
		checkText(t, masked, plain, []string{v})
		if strings.Contains(masked, logged) {
			t.Errorf("value %q: %s", v, masked)
		}
	}
}

// printer writes records in a form of its own, as handlers for a terminal do.
type printer struct{ w io.Writer }

func (p printer) Enabled(context.Context, slog.Level) bool { return true }
func (p printer) WithAttrs([]slog.Attr) slog.Handler       { return p }
func (p printer) WithGroup(string) slog.Handler            { return p }
func (p printer) Handle(_ context.Context, r slog.Record) error {
	_, err := fmt.Fprintf(p.w, "\x1b[2m%s\x1b[0m \x1b[91mERR\x1b[0m %s\n", r.Time.Format(time.StampMilli), r.Message)
	return err
}

// unquoted writes pairs without quotes.
type unquoted struct{ printer }

func (u unquoted) WithAttrs([]slog.Attr) slog.Handler { return u }
func (u unquoted) Handle(_ context.Context, r slog.Record) error {
	_, err := fmt.Fprintf(u.w, "msg=%s\n", r.Message)
	return err
}

// A value that looks like pairs is masked in whole where a handler does not quote.
func TestHandlerMasksPairsWithoutQuotes(t *testing.T) {
	t.Parallel()
	r := filled(t, redact.AllEncodings, []string{"host=db user=app password=hunter2"})
	masked, _ := handled(t, r, func(w io.Writer) slog.Handler { return unquoted{printer{w}} },
		slog.NewRecord(logTime, slog.LevelError, "connect host=db user=app password=hunter2", 0))
	if want := "msg=connect [REDACTED:key/00000]\n"; masked != want {
		t.Errorf("%q, want %q", masked, want)
	}
}

// In a record of another form the time, the level and the line break stay.
func TestValuesKeepTheStartAndEndOfOtherRecords(t *testing.T) {
	t.Parallel()
	const start = "\x1b[2mJan  2 03:04:05.000\x1b[0m \x1b[91mERR\x1b[0m "
	for _, v := range append([]string{"05.000 ERR payment", "Jan  2 03:04", "failed\n"}, syntaxValues...) {
		r := filled(t, redact.AllEncodings, []string{v, logged})
		record := slog.NewRecord(logTime, slog.LevelError, "payment failed "+v+" "+logged+"\nfailed", 0)
		masked, _ := handled(t, r, func(w io.Writer) slog.Handler { return printer{w} }, record)
		if rest, ok := strings.CutPrefix(masked, start); !ok || !strings.HasSuffix(rest, "\n") || strings.Contains(rest, logged) || len(searched(v)) > 0 && strings.Contains(rest, v) {
			t.Errorf("value %q: %q", v, masked)
		}
	}
}

// several writes records through handlers of all forms to one writer.
type several struct {
	printer
	handlers []slog.Handler
}

func (s *several) Handle(ctx context.Context, r slog.Record) error {
	return s.handlers[r.Level].Handle(ctx, r)
}

// wrapped calls a handler from deeper calls.
type wrapped struct {
	slog.Handler
	depth int
}

func (w wrapped) Handle(ctx context.Context, r slog.Record) error {
	if w.depth == 0 {
		return w.Handler.Handle(ctx, r)
	}
	return wrapped{w.Handler, w.depth - 1}.Handle(ctx, r)
}

// Who wrote a record is found anew for each one: a handler that wrote many records masks
// the next as one that wrote none.
func TestHandlerMasksEachRecordByItsForm(t *testing.T) {
	t.Parallel()
	values := []string{logged, `pass" w=1`, "w=1 a=1", "m host", `1,"b":2`, `"a":"`, "host=db user=app password=hunter2"}
	r := filled(t, redact.AllEncodings, values)
	build := func(w io.Writer) slog.Handler {
		return &several{handlers: []slog.Handler{
			jsonHandler(w), textHandler(w), printer{w}, unquoted{printer{w}}, wrapped{jsonHandler(w), 3}, wrapped{textHandler(w), 40},
			jsonHandler(w).WithAttrs([]slog.Attr{slog.String("k", logged)}).WithGroup("g"), redact.NewHandler(w, r, textHandler),
		}}
	}
	rnd := rand.New(rand.NewPCG(5, 6))
	var out bytes.Buffer
	old := redact.NewHandler(&out, r, build)
	seen := map[slog.Level]int{}
	for range 2000 {
		record := slog.NewRecord(logTime, slog.Level(rnd.IntN(8)), "m "+values[rnd.IntN(len(values))], 0)
		record.Add("user", "u1 pass", "w", 1, "a", 1, "b", 2, "v", values[rnd.IntN(len(values))])
		if rnd.IntN(2) == 0 {
			record.Add("base64", []byte(logged), "quoted", fmt.Sprintf("%q", values))
		}
		var fresh bytes.Buffer
		out.Reset()
		for _, h := range []slog.Handler{redact.NewHandler(&fresh, r, build), old} {
			if err := h.Handle(t.Context(), record); err != nil {
				t.Fatal(err)
			}
		}
		if out.String() != fresh.String() || strings.Contains(out.String(), logged) {
			t.Fatalf("handler %d: %q, want %q", record.Level, out.String(), fresh.String())
		}
		if strings.Contains(out.String(), "[REDACTED:") {
			seen[record.Level]++
		}
	}
	if len(seen) != 8 {
		t.Errorf("masked were records of %v, want all handlers", seen)
	}
}
