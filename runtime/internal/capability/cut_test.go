package capability_test

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/postern-project/postern/runtime/abi"
	"github.com/postern-project/postern/runtime/internal/capability"
	"github.com/postern-project/postern/runtime/internal/capability/all"
	"github.com/postern-project/postern/runtime/internal/capability/guesttest"
)

// oneWord returns a value of n bytes without a place at which a part of it ends.
func oneWord(n int) string {
	r, v := rand.New(rand.NewPCG(1, 2)), ""
	for len(v) < n {
		v += strconv.FormatUint(r.Uint64(), 36)
	}
	return v[:n]
}

// columns breaks text into lines of n bytes.
func columns(text string, n int) string {
	var b strings.Builder
	for ; len(text) > n; text = text[n:] {
		b.WriteString(text[:n] + "\n")
	}
	return b.String() + text
}

// shownParts returns how many parts of 12 bytes of the value the text shows, in
// clear or encoded.
func shownParts(text, value string) int {
	n := 0
	plain := []string{text, strings.NewReplacer(`\n`, "", `\t`, "", " ", "", "\n", "", ">", "").Replace(text)}
	for i := range len(plain) {
		for skip := range 4 {
			if b, err := base64.RawStdEncoding.DecodeString(trimmedRun(plain[i], skip, 4)); err == nil {
				plain = append(plain, string(b))
			}
			if b, err := hex.DecodeString(trimmedRun(plain[i], skip%2, 2)); err == nil {
				plain = append(plain, string(b))
			}
		}
	}
	for i := 0; i+12 <= len(value); i += 4 {
		for _, p := range plain {
			if strings.Contains(p, value[i:i+12]) {
				n++
				break
			}
		}
	}
	return n
}

// trimmedRun returns the longest run of letters and digits in text, from a place on
// and in whole groups.
func trimmedRun(text string, skip, group int) string {
	longest := ""
	for run := range strings.FieldsFuncSeq(text, func(r rune) bool {
		return !strings.ContainsRune("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", r)
	}) {
		if len(run) > len(longest) {
			longest = run
		}
	}
	longest = longest[min(skip, len(longest)):]
	return longest[:len(longest)-len(longest)%group]
}

// Half of a value cannot be found: a text of the guest that is cut is cut where no
// value can continue, or left out.
func TestTM019NoTextIsCutInsideAValue(t *testing.T) {
	t.Parallel()
	other := "\n" + strings.Repeat("a line of other text\n", 300)
	for _, size := range []int{60, 700, 12 << 10} {
		value := oneWord(size)
		std := base64.StdEncoding.EncodeToString([]byte(value))
		for spelling, text := range map[string]string{
			"plain": value, "base64": std, "wrapped base64": columns(std, 64), "quoted base64": "> " + strings.ReplaceAll(columns(std, 76), "\n", "\n> "),
			"hex": hex.EncodeToString([]byte(value)), "wrapped hex": columns(hex.EncodeToString([]byte(value)), 60),
			"soft breaks": strings.ReplaceAll(columns(value, 75), "\n", "=\n"), "continued": strings.ReplaceAll(columns(value, 75), "\n", "\\\n"),
		} {
			for before, after := range map[int]string{0: " is not valid", 1900: other, 8100: other, 16200: " is not valid"} {
				filler := strings.Repeat("some other text\n", before/16)
				line := filler + "bad value: " + text + after
				for how, write := range map[string]func(*capability.Call){
					"fail":   func(c *capability.Call) { c.Fail([]byte(line)) },
					"output": func(c *capability.Call) { c.WriteOutput(1, []byte(line)) },
					"output in pieces": func(c *capability.Call) {
						for rest := line; rest != ""; rest = rest[min(100, len(rest)):] {
							c.WriteOutput(1, []byte(rest[:min(100, len(rest))]))
						}
					},
					"both streams": func(c *capability.Call) {
						for l := range strings.Lines(line) {
							c.WriteOutput(1, []byte(l))
							c.WriteOutput(0, []byte("progress\n"))
						}
					},
					"log, line by line": func(c *capability.Call) {
						for l := range strings.Lines(line) {
							c.Log(abi.LevelError, []byte(strings.TrimSuffix(l, "\n")))
						}
					},
				} {
					g := newGuest(t)
					g.Call.DiscloseString("K", "KEY="+value+"\n")
					write(g.Call)
					r := g.Call.End()
					var all strings.Builder
					for _, l := range r.Logs {
						all.WriteString(l.Text + "\n")
					}
					for _, shown := range []string{r.GuestText, r.Tail, all.String()} {
						if n := shownParts(shown, value); n > 0 {
							t.Fatalf("%s, %d bytes behind %d, %s: %d parts are shown: %.300q", spelling, size, before, how, n, shown)
						}
					}
				}
			}
		}
	}
}

// newGuest returns a guest with a log.
func newGuest(t *testing.T) *guesttest.Guest {
	t.Helper()
	return guesttest.New(t, capability.Options{Log: (&guesttest.Records{}).Logger()}, all.Grants{})
}

// What is cut stays readable as far as it can.
func TestCutTextIsShownBesideTheCut(t *testing.T) {
	t.Parallel()
	g := newGuest(t)
	for i := range 2000 {
		g.Call.WriteOutput(1, fmt.Appendf(nil, "step %d of the work\n", i))
	}
	g.Call.WriteOutput(1, []byte("panic: index out of range\n\ngoroutine 1 [running]:\nmain.get(...)\n\t/src/main.go:12 +0x3\n"))
	g.Call.Fail([]byte(strings.Repeat("x ", 5000)))
	r := g.Call.End()
	if !strings.Contains(r.Tail, "panic: index out of range\n\ngoroutine 1") || !strings.Contains(r.Tail, "step 1999 of the work") {
		t.Errorf("the tail is %q", r.Tail)
	}
	if want := "[a text of 10000 bytes was left out]"; r.GuestText != want {
		t.Errorf("the failure is %q, want %q", r.GuestText, want)
	}
	if len(r.Logs) != 64 || r.Logs[0].Text != "step 0 of the work" || r.Logs[63].Text != "step 63 of the work" {
		t.Errorf("the log is %+v", r.Logs)
	}
}

// A value that continues over several lines is masked in all of them, and the other
// lines keep their order.
func TestTM019ValuesOverSeveralLinesOfTheLogAreMasked(t *testing.T) {
	t.Parallel()
	value := oneWord(150)
	wrapped := columns(base64.StdEncoding.EncodeToString([]byte(value)), 64)
	g := newGuest(t)
	g.Call.DiscloseString("K", "KEY="+value+"\n")
	g.Log(abi.LevelError, "first")
	for l := range strings.Lines("dump:\n" + wrapped + "\nend\n") {
		g.Call.WriteOutput(1, []byte(l))
		g.Log(abi.LevelInfo, "between")
	}
	g.Log(abi.LevelInfo, "with\na break")
	g.Log(abi.LevelError, "last")
	logs := g.Call.End().Logs
	var texts []string
	for _, l := range logs {
		texts = append(texts, fmt.Sprintf("%d %s", l.Level, l.Text))
	}
	got := strings.Join(texts, "|")
	if !strings.HasPrefix(got, "8 first|4 dump:|0 between|4 [REDACTED:K]|0 between|") || !strings.HasSuffix(got, "0 between|0 with\na break|8 last") ||
		!strings.Contains(got, "4 end") || shownParts(got, value) > 0 {
		t.Errorf("the log is %q", got)
	}
}

// The end of the output of a crash begins after a value that is printed in pieces,
// however long they are and whatever stands around them.
func TestTM019TheTailOfACrashBeginsBehindAValueInPieces(t *testing.T) {
	t.Parallel()
	value := oneWord(12 << 10)
	forms := map[string]string{"clear": value, "base64": base64.StdEncoding.EncodeToString([]byte(value)), "hex": hex.EncodeToString([]byte(value))}
	shapes := map[string]string{"list": "  \"%s\",\n", "joined": "\t'%s' +\n", "bare": "%s\n", "prefix": "value: %s\n", "time": "12:00:01.123 dump %s\n", "both": "| %s |\n"}
	for form, text := range forms {
		for shape, layout := range shapes {
			for _, width := range []int{8, 9, 12, 15, 16, 20, 24, 28, 31, 32, 40, 64} {
				var b strings.Builder
				b.WriteString("panic: bad value\n")
				for s := text; s != ""; s = s[min(width, len(s)):] {
					fmt.Fprintf(&b, layout, s[:min(width, len(s))])
				}
				g := newGuest(t)
				g.Call.DiscloseString("K", "KEY="+value+"\n")
				g.Call.WriteOutput(1, []byte(b.String()+"goroutine 1 [running]:\nmain.get()\n"))
				tail := g.Call.End().Tail
				if strings.Contains(tail, text[len(text)-8:]) || shownParts(tail, value) > 0 {
					t.Errorf("%s, %s of %d: %.200q", form, shape, width, tail)
				}
			}
		}
	}
	var dump, numbers strings.Builder
	for i := 0; i < len(value); i += 16 {
		part := value[i:min(i+16, len(value))]
		fmt.Fprintf(&dump, "%08x  % x\n", i, part)
		for _, c := range []byte(part) {
			fmt.Fprintf(&numbers, "%d, ", c)
		}
		numbers.WriteString("\n")
	}
	for _, text := range []string{dump.String(), numbers.String()} {
		g := newGuest(t)
		g.Call.DiscloseString("K", "KEY="+value+"\n")
		g.Call.WriteOutput(1, []byte(text))
		if tail := g.Call.End().Tail; !strings.HasPrefix(tail, "[a text of ") {
			t.Errorf("%.200q", tail)
		}
	}
}
