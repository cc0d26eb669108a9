package redact_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/slogtest"
	"time"

	"github.com/postern-project/postern/runtime/redact"
)

const logged = "ghp_9xQ2mZ7LrT4vWk1Yb8Nc5Hd3Jf6Sg0PaXeUi"

func jsonHandler(w io.Writer) slog.Handler { return slog.NewJSONHandler(w, nil) }
func textHandler(w io.Writer) slog.Handler { return slog.NewTextHandler(w, nil) }

func TestHandlerConforms(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	r := filled(t, redact.AllEncodings, []string{logged})
	slogtest.Run(t, func(*testing.T) slog.Handler {
		out.Reset()
		return redact.NewHandler(&out, r, jsonHandler)
	}, func(t *testing.T) map[string]any {
		m := map[string]any{}
		if err := json.Unmarshal(out.Bytes(), &m); err != nil {
			t.Fatal(err)
		}
		return m
	})
}

type stringer struct{ s string }

func (s stringer) String() string { return s.s }

type valuer struct{ v slog.Value }

func (v valuer) LogValue() slog.Value { return v.v }

type marshaler struct{}

func (marshaler) MarshalJSON() ([]byte, error) { return json.Marshal("hidden " + logged) }

// TM-131, TM-156: a value is masked regardless of how it is logged.
func TestTM131HandlerMasksEverything(t *testing.T) {
	t.Parallel()
	const quoted = "p\"a\\ss<w>\n\x01é-1234" // escaped in many ways
	r := filled(t, redact.AllEncodings, []string{logged, quoted})
	for name, build := range map[string]func(io.Writer) slog.Handler{"json": jsonHandler, "text": textHandler} {
		for _, v := range []string{logged, quoted} {
			err := fmt.Errorf("wrapped: %w", errors.New("token "+v))
			for i, attr := range []slog.Attr{
				slog.String("a", v), slog.String("a", "x"+v+"y"), slog.Any("a", err), slog.Any("a", stringer{v}),
				slog.Any("a", []byte(v)), slog.Any("a", valuer{slog.StringValue(v)}),
				slog.Any("a", valuer{slog.AnyValue(valuer{slog.GroupValue(slog.String("b", v))})}),
				slog.Group("g", slog.Int("n", 1), slog.Group("h", slog.String("a", v))),
				slog.Any("a", struct{ A, B string }{"x", v}), slog.Any("a", map[string]string{"k": v}),
				slog.Any("a", []string{v}), slog.Any("a", &struct{ S string }{v}), slog.String(v, "key"),
				slog.Any("a", []any{err, v}), slog.Any("a", marshaler{}), slog.Any("a", json.RawMessage(`"`+logged+`"`)),
			} {
				var out bytes.Buffer
				log := slog.New(redact.NewHandler(&out, r, build))
				log.Info("message "+v, attr)
				log.With(attr).WithGroup("w").With(attr).Error(v, "n", 1)
				for _, line := range strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n") {
					if strings.Contains(line, logged) || strings.Contains(line, "-1234") || !strings.Contains(line, "[REDACTED:key/0000") {
						t.Errorf("%s, attribute %d: %s", name, i, line)
					}
					if name == "json" && !json.Valid([]byte(line)) {
						t.Errorf("attribute %d: not JSON: %s", i, line)
					}
				}
			}
		}
	}
}

// A line stays valid when a value begins or ends inside an escape.
func TestHandlerKeepsLinesValid(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ value, text string }{
		{"nabc1234", "x\nabc1234"},
		{"00e9abcd", "x\x01"},
		{"abcd123\\", "abcd123\"q"},
		{"001fabcd1", "x\x1fabcd1"},
		{"xyz\\u00", "xyz\x01"},
		{"\"abcdef", "\"abcdef"},
	} {
		r := filled(t, redact.NoEncodings, []string{c.value})
		var out bytes.Buffer
		slog.New(redact.NewHandler(&out, r, jsonHandler)).Info(c.text)
		if !json.Valid(out.Bytes()) {
			t.Errorf("value %q, text %q: not JSON: %s", c.value, c.text, out.Bytes())
		}
	}
}

// config is logged as an encoder prints it: the fields that it hides stay hidden.
type config struct {
	DSN    string
	Key    []byte
	N      int
	At     time.Time
	Hidden string `json:"-"`
	own    string
}

// counted counts how often a record asks it for its text.
type counted struct {
	mu    sync.Mutex
	calls map[string]int
	text  string
}

func (c *counted) call(method string) {
	c.mu.Lock() // a second call at the same time would be found by the race detector
	defer c.mu.Unlock()
	c.calls[method]++
}

type jsonCounted struct{ *counted }

func (c jsonCounted) MarshalJSON() ([]byte, error) { c.call("json"); return json.Marshal(c.text) }

type textCounted struct{ *counted }

func (c textCounted) MarshalText() ([]byte, error) { c.call("text"); return []byte(c.text), nil }

type logCounted struct{ *counted }

func (c logCounted) LogValue() slog.Value { c.call("log"); return slog.StringValue(c.text) }

// A masked record is the record of the inner handler with masks: values keep their
// types, hidden fields stay hidden, and methods are called once.
func TestHandlerKeepsTypes(t *testing.T) {
	t.Parallel()
	r := filled(t, redact.AllEncodings, []string{logged})
	mask := "[REDACTED:key/00000]"
	c := config{"pg://app:" + logged + "@db", []byte(logged), 3, time.Unix(0, 0).UTC(), "hidden", logged}
	for name, test := range map[string]struct {
		value any
		want  string
	}{
		"struct":  {c, `{"DSN":"pg://app:` + mask + `@db","Key":"` + mask + `","N":3,"At":"1970-01-01T00:00:00Z"}`},
		"pointer": {&c, `{"DSN":"pg://app:` + mask + `@db","Key":"` + mask + `","N":3,"At":"1970-01-01T00:00:00Z"}`},
		"map":     {map[string]any{"a": logged, "b": 1, "c": []int{1}}, `{"a":"` + mask + `","b":1,"c":[1]}`},
		"header":  {http.Header{"Authorization": {"Bearer " + logged}}, `{"Authorization":["Bearer ` + mask + `"]}`},
		"bytes":   {[][]byte{[]byte(logged), []byte("abc")}, `["` + mask + `","YWJj"]`},
		"raw":     {json.RawMessage(`{"n":1,"s":"` + logged + `"}`), `{"n":1,"s":"` + mask + `"}`},
		"error":   {fmt.Errorf("bad %w", errors.New(logged)), `"bad ` + mask + `"`},
	} {
		var out bytes.Buffer
		log := slog.New(redact.NewHandler(&out, r, jsonHandler))
		log.WithGroup("g").Info("m", "v", test.value, "after", 1)
		if want := `"g":{"v":` + test.want + `,"after":1}}` + "\n"; !strings.HasSuffix(out.String(), want) {
			t.Errorf("%s: %s, want an end of %s", name, out.String(), want)
		}
	}
	for _, build := range []func(io.Writer) slog.Handler{jsonHandler, textHandler} {
		n := &counted{calls: map[string]int{}, text: "x " + logged}
		var out bytes.Buffer
		slog.New(redact.NewHandler(&out, r, build)).Info("m", "j", jsonCounted{n}, "t", textCounted{n}, "l", logCounted{n})
		for method, calls := range n.calls {
			if calls != 1 {
				t.Errorf("%s was called %d times, want once: %s", method, calls, out.String())
			}
		}
	}
}

// Without values, and in records that contain none, the handler changes nothing.
func TestHandlerChangesNothingElse(t *testing.T) {
	t.Parallel()
	cyclic := map[string]any{"a": 1}
	cyclic["self"] = cyclic
	attrs := []any{
		"struct", config{DSN: "d", Key: []byte("k"), own: "o"}, "group", slog.GroupValue(slog.Int("n", 1), slog.Group("h", slog.Bool("b", true))),
		"err", errors.New("x"), "nil", nil, "stringer", stringer{"s"}, "duration", time.Second, "time", time.Unix(1, 0).UTC(),
		"map", map[string]int{"b": 2, "a": 1}, "bytes", []byte{0, 1, 2}, "func", func() {}, "nan", math.NaN(), "cyclic", cyclic,
		"valuer", valuer{slog.AnyValue(valuer{slog.IntValue(7)})}, "source", &slog.Source{Function: "f", File: "a.go", Line: 1},
		"\x1bkey \"quoted\"", "\xff\u2028 100% <&>", "attrs", []slog.Attr{slog.Int("a", 1)},
	}
	for _, vals := range [][]string{nil, {logged}} {
		r := filled(t, redact.AllEncodings, vals)
		for name, build := range map[string]func(io.Writer) slog.Handler{
			"json": func(w io.Writer) slog.Handler { return slog.NewJSONHandler(w, &slog.HandlerOptions{AddSource: true}) },
			"text": func(w io.Writer) slog.Handler { return slog.NewTextHandler(w, &slog.HandlerOptions{AddSource: true}) },
		} {
			if name == "text" {
				attrs[slices.Index(attrs, any("cyclic"))+1] = "fmt does not end on cyclic maps"
			}
			var plain, masked bytes.Buffer
			record := slog.NewRecord(time.Unix(0, 0), slog.LevelWarn, "message 100% \"x\"", 0)
			record.Add(attrs...)
			for _, h := range []slog.Handler{build(&plain), redact.NewHandler(&masked, r, build)} {
				h = h.WithAttrs([]slog.Attr{slog.Any("before", config{DSN: "d"})}).WithGroup("group")
				if err := h.Handle(t.Context(), record); err != nil {
					t.Fatal(err)
				}
			}
			if plain.String() != masked.String() || plain.Len() == 0 {
				t.Errorf("%s with %d values:\n%s, want\n%s", name, len(vals), masked.String(), plain.String())
			}
		}
	}
}

// Where a value is logged as a number or as JSON of its own, the line stays JSON.
func TestHandlerMasksBareJSON(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		value string
		log   any
		want  string
	}{
		{"48151623", 48151623, `"[REDACTED:key/00000]"`},
		{"48151623", []int{1, 48151623, 2}, `[1,"[REDACTED:key/00000]",2]`},
		{"48151623", 148151623.25, `"[REDACTED:key/00000]"`},
		{"48151623", "1,48151623,2", `"1,[REDACTED:key/00000],2"`},
		{`{"a":"b","c":2}`, json.RawMessage(`{"a":"b","c":2}`), `"[REDACTED:key/00000]"`},
	} {
		var out bytes.Buffer
		slog.New(redact.NewHandler(&out, filled(t, redact.AllEncodings, []string{c.value}), jsonHandler)).Info("m", "v", c.log)
		if !json.Valid(out.Bytes()) || !strings.Contains(out.String(), `"v":`+c.want+"}") {
			t.Errorf("value %q logged as %v: %s, want %s", c.value, c.log, out.String(), c.want)
		}
	}
}

func TestHandlerPassesErrors(t *testing.T) {
	t.Parallel()
	boom := errors.New("boom")
	log := redact.NewHandler(&limited{err: boom}, filled(t, redact.AllEncodings, nil), jsonHandler)
	if err := log.Handle(t.Context(), slog.Record{Message: "x"}); !errors.Is(err, boom) {
		t.Errorf("Handle = %v, want %v", err, boom)
	}
}
