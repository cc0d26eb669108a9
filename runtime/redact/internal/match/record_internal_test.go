package match

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/postern-project/postern/runtime/redact/internal/encodings"
)

// header is what a fixed value is, in another way than isLevel and isTime.
var header = regexp.MustCompile(`^(?:(?:DEBUG|INFO|WARN|ERROR)(?:[+-][0-9]+)?|[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?(?:Z|[+-][0-9]{2}:[0-9]{2}))$`)

func TestFixedValues(t *testing.T) {
	t.Parallel()
	seeds := []string{
		"DEBUG", "INFO", "WARN+4", "ERROR-12", "2026-01-02T03:04:05Z", "2026-01-02T03:04:05.123456789+02:00", "2026-01-02T03:04:05-07:30",
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	check := func(b []byte) {
		want := header.Match(b)
		for _, key := range []string{"time", "level"} {
			if got := fixedValue([]byte(key), b); got != want {
				t.Errorf("fixedValue(%q, %q) = %v, want %v", key, b, got, want)
			}
		}
		if fixedValue([]byte("msg"), b) {
			t.Errorf("fixedValue(msg, %q) = true", b)
		}
	}
	fixed := 0
	for _, s := range seeds {
		for n := range len(s) + 1 {
			check([]byte(s[:n]))
		}
		for range 20000 {
			b := []byte(s)
			for range rnd.IntN(3) {
				i := rnd.IntN(len(b))
				switch c := []byte("0dDZz:+-.\n\x00")[rnd.IntN(11)]; rnd.IntN(3) {
				case 0:
					b[i] = c
				case 1:
					b = slices.Insert(b, i, c)
				default:
					b = slices.Delete(b, i, i+1)
				}
			}
			check(b)
			if header.Match(b) {
				fixed++
			}
		}
	}
	if fixed < 10000 {
		t.Errorf("only %d texts were fixed", fixed)
	}
}

// slowTokens are the tokens of a JSON text as encoding/json reads it, except the record.
func slowTokens(t *testing.T, text []byte) (list []token) {
	t.Helper()
	if !json.Valid(text) {
		t.Fatalf("not JSON: %q", text)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	type level struct {
		object, key bool
		at          int
	}
	var levels []level
	var key string // the latest one of the record
	for {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			return list[1:]
		}
		if err != nil {
			t.Fatal(err)
		}
		end := int(d.InputOffset())
		last := len(levels) - 1
		if delim, ok := tok.(json.Delim); ok && (delim == '}' || delim == ']') {
			list[levels[last].at].end = end
			levels = levels[:last]
			continue
		}
		isKey := last >= 0 && levels[last].object && levels[last].key
		if last >= 0 {
			levels[last].key = !isKey
		}
		switch v := tok.(type) {
		case json.Delim:
			levels = append(levels, level{v == '{', true, len(list)})
			list = append(list, token{end - 1, end - 1, tree})
		case string:
			start := end - 1 // of the quote at the end
			for start--; text[start] != '"' || escaped(text, start); start-- {
			}
			inner := text[start+1 : end-1]
			t := token{start + 1, end - 1, quoted}
			switch {
			case isKey:
				if t.kind = name; last == 0 {
					key = string(inner)
					if slices.Contains([]string{"time", "level", "msg", "source"}, key) {
						t.kind = fixed
					}
				}
			case last == 0 && (key == "time" || key == "level") && header.Match(inner):
				t.kind = fixed
			}
			list = append(list, t)
		default:
			start := end
			for start > 0 && !bytes.ContainsAny(text[start-1:start], ",:[{ \t\r\n") {
				start--
			}
			list = append(list, token{start, end, scalar})
		}
	}
}

// escaped reports whether an odd number of backslashes is before text[at].
func escaped(text []byte, at int) bool {
	return (at-len(bytes.TrimRight(text[:at], `\`)))%2 != 0
}

// recordOf returns a random record in one form, of texts and values in several
// spellings, and pieces of it, which may begin and end in any token.
func recordOf(rnd *rand.Rand, form Form, values []string) (text []byte) {
	pieces := []string{`"`, `\`, `\"`, ",", "{", "}", "[", "]", ":", " ", "=", "\n", "é", "<", "48151623", "level", "INFO", "\x1b[1m", "\x00", "%22", "true"}
	word := func() string {
		s := ""
		for range rnd.IntN(4) {
			p := pieces[rnd.IntN(len(pieces))]
			if rnd.IntN(3) == 0 {
				switch p = values[rnd.IntN(len(values))]; rnd.IntN(4) {
				case 0:
					p = base64.StdEncoding.EncodeToString([]byte(p))
				case 1:
					p = strconv.Quote(p)
				case 2:
					p = p[:rnd.IntN(len(p))]
				}
			}
			s += p
		}
		return s
	}
	var attrs func(depth int) []any
	attrs = func(depth int) (list []any) {
		for range 1 + rnd.IntN(3) {
			key := word()
			if rnd.IntN(3) == 0 {
				key = []string{"level", "time", "k", "msg"}[rnd.IntN(4)]
			}
			if key == "" {
				key = "k"
			}
			switch rnd.IntN(7) {
			case 0:
				list = append(list, key, rnd.IntN(1e9))
			case 1:
				list = append(list, key, []any{word(), rnd.Float64(), nil, []any{}})
			case 2:
				list = append(list, key, map[string]any{word(): word(), "level": "INFO", "b": true})
			case 3:
				if depth > 0 {
					list = append(list, slog.Group(key, attrs(depth-1)...))
				}
			case 4:
				list = append(list, key, []string{"INFO", "ERROR+3", "2026-01-02T03:04:05Z"}[rnd.IntN(3)])
			default:
				list = append(list, key, word())
			}
		}
		return list
	}
	var out bytes.Buffer
	var h slog.Handler = slog.NewTextHandler(&out, nil)
	if form == JSON {
		h = slog.NewJSONHandler(&out, nil)
	}
	record := slog.NewRecord(time.Unix(rnd.Int64N(1e9), 0), slog.Level(rnd.IntN(12)), word(), 0)
	record.Add(attrs(2)...)
	_ = h.Handle(context.Background(), record)
	return out.Bytes()
}

// What log/slog wrote has the same tokens as in encoding/json, and the same matches as
// if it was checked and read in the slow way.
func TestRecordsHaveTheTokensOfJSON(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(7, 9))
	sc, slow := NewScan(), NewScan()
	matched, across := 0, 0
	for range 3000 {
		values := []string{"s3cret-9f31c07a", `p"a\ss w=rd`, "48151623", "INFO", "line one\nline two"}
		line := recordOf(rnd, JSON, values)
		for range 2 {
			at := rnd.IntN(len(line) - 5)
			values = append(values, string(line[at:min(len(line), at+4+rnd.IntN(30))]))
		}
		if !sc.tokensOf(line, JSON) {
			t.Fatalf("tokensOf(%q) = false", line)
		}
		want := slowTokens(t, line)
		if got := sc.tokens[1:]; !slices.Equal(got, want) {
			t.Fatalf("tokens of %q:\n%v, want\n%v", line, got, want)
		}
		x := NewIndex(encodings.Options{})
		for _, v := range values {
			x.Add(&text{bytes: v})
		}
		x.Refresh()
		st := x.Set()
		st.Line(sc, line, func() Form { return JSON })
		if st.Search(slow, line, Before{}, true); len(slow.Matches) > 0 {
			slow.tokens = append([]token{{0, 0, fixed}}, want...)
			if matched++; !slow.inTokens() {
				across++
				st.perToken(slow, line)
			}
			slow.settle(line)
		}
		if got, want := sc.AppendMasked(nil, line), slow.AppendMasked(nil, line); !bytes.Equal(got, want) {
			t.Fatalf("values %q in %q:\n%q, want\n%q", values, line, got, want)
		}
	}
	if matched < 1000 || across < 300 || across == matched {
		t.Errorf("%d records with matches, %d of them across tokens", matched, across)
	}
}

// What is not one JSON object or array has no tokens, and breaks nothing.
func TestBrokenRecordsHaveNoTokens(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(3, 4))
	sc := NewScan()
	broken := 0
	for range 20000 {
		text := slices.Clone(recordOf(rnd, JSON, []string{"value"}))
		text = text[:1+rnd.IntN(len(text))]
		for range 1 + rnd.IntN(3) {
			text[rnd.IntN(len(text))] = []byte(`{}[]":,\ a` + "\n")[rnd.IntN(11)]
		}
		if valid := json.Valid(text); !sc.tokensOf(text, Other) && valid && (text[0] == '{' || text[0] == '[') {
			t.Errorf("%q has no tokens", text)
		}
		if !sc.tokensOf(text, JSON) {
			broken++
			continue
		}
		for _, tok := range sc.tokens[1:] {
			if tok.start > tok.end || tok.end > len(text) {
				t.Errorf("%q: token %v", text, tok)
			}
		}
	}
	if broken < 5000 {
		t.Errorf("only %d texts were broken", broken)
	}
}
