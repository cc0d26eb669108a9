package capability_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postern-project/postern/runtime/abi"
	"github.com/postern-project/postern/runtime/internal/capability"
	"github.com/postern-project/postern/runtime/internal/capability/all"
	"github.com/postern-project/postern/runtime/internal/capability/guesttest"
)

// shuffled is a value of n words with k letters, and two texts with the same words in
// other orders.
func shuffled(random *rand.Rand, n, k int, letters, between string) (value, text, other string) {
	words := make([]string, n)
	for i := range words {
		var b strings.Builder
		for range k {
			b.WriteByte(letters[random.IntN(len(letters))])
		}
		words[i] = b.String()
	}
	value = strings.Join(words, between)
	random.Shuffle(n, func(i, j int) { words[i], words[j] = words[j], words[i] })
	text = strings.Join(words, between)
	slices.Reverse(words)
	return value, text[:min(len(text), 8190)], strings.Join(words, between)[:min(len(text), 8190)]
}

const lowercase = "abcdefghijklmnopqrstuvwxyz"

// heavyTexts are values and what a guest says, which are much work to compare.
func heavyTexts() map[string][3]string {
	random := rand.New(rand.NewPCG(9, 9))
	out := map[string][3]string{}
	for _, c := range []struct {
		n, k             int
		letters, between string
	}{
		{1020, 4, lowercase, " "}, {1000, 7, lowercase, " "}, {1000, 7, "123456789", " "}, {120, 60, lowercase, " "}, {60, 120, lowercase, " "},
		{8, 1000, lowercase, " "}, {2, 4000, lowercase, " "}, {700, 10, lowercase + `"\'`, " "}, {300, 20, lowercase + "äöü€", " "},
		{300, 20, lowercase, "\n"}, {150, 50, `"\'%&` + lowercase, ";"}, {30, 260, "ab\x80\xff\x01", " "}, {1000, 7, `ab "\`, "|"},
	} {
		value, text, other := shuffled(random, c.n, c.k, c.letters, c.between)
		out[fmt.Sprintf("%d words of %d of %.8q", c.n, c.k, c.letters)] = [3]string{value, text, other}
	}
	binary := make([]byte, 6000)
	for i := range binary {
		binary[i] = byte(random.Uint32())
	}
	token := base64.StdEncoding.EncodeToString(binary)
	out["token"] = [3]string{token, token, "token " + token[:4000]}
	out["binary"] = [3]string{string(binary), string(binary), string(binary[3000:]) + string(binary[:3000])}
	var nested []string
	for range 170 {
		value, _, _ := shuffled(random, 6, 5, lowercase, " ")
		for ; value != ""; _, value, _ = strings.Cut(value, " ") {
			nested = append(nested, value)
		}
	}
	value := strings.Join(nested, "|")
	random.Shuffle(len(nested), func(i, j int) { nested[i], nested[j] = nested[j], nested[i] })
	text := strings.Join(nested, ";")
	out["words in words"] = [3]string{value, text[:8190], text[8190:16380]}
	fan := make([]byte, 0, 24<<10)
	for i := range 8 << 10 {
		fan = append(fan, 'a', byte(i*7), byte(i>>3))
	}
	out["one byte before all others"] = [3]string{string(fan), string(fan[:8190]), string(fan[8190:16380])}
	for _, piece := range []string{`\u0041%41&amp;''\\x41+^a` + "`b=41\r\n", " \t\r\n", "a", "ab", "%25", "&amp;", `"\'`, `\`, "{\"a\":\"bcd!\"},", "\x00a", "abc ", "''", "=\n"} {
		long := strings.Repeat(piece, 100_000/len(piece))
		out[fmt.Sprintf("%q again and again", piece)] = [3]string{long, long[:8190], long[1:8190]}
	}
	return out
}

// What a call says is masked in much less time than its deadline may be late, whatever
// it was given and whatever it says.
func TestTM009TheTextOfACallIsMaskedInBoundedTime(t *testing.T) {
	const bound = 80 * time.Millisecond
	for name, c := range heavyTexts() {
		best := time.Hour
		for range 5 {
			text, other := c[1], c[2]
			start := cpu()
			capability.MaskTexts([]*string{&text, &other}, func(add capability.Disclosed) bool { return add("state", []byte(c[0])) })
			if best = min(best, cpu()-start); best <= bound {
				break
			}
		}
		if best > bound {
			t.Errorf("%s: %v", name, best)
		}
	}
}

// Many values, of which each is little work, are bounded together.
func TestTM009ManyValuesAreComparedInBoundedTime(t *testing.T) {
	const bound = 80 * time.Millisecond
	for _, size := range []int{0, 3, 4, 64, 1500, 100_000} {
		value, asked := []byte(strings.Repeat("v", size)), 0
		text := "two words"
		start := cpu()
		capability.MaskTexts([]*string{&text}, func(add capability.Disclosed) bool {
			for range 900_000 {
				if asked++; !add("K", value) {
					return false
				}
			}
			return true
		})
		if took := cpu() - start; took > bound {
			t.Errorf("values of %d bytes: %v", size, took)
		}
		if asked == 900_000 || !strings.Contains(text, "left out") {
			t.Errorf("values of %d bytes: %d were compared, and the text is %q", size, asked, text)
		}
	}
}

// A token is also what it decodes to, which is as much work as many values. It is
// masked nevertheless.
func TestTM019TokensAreMasked(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(5, 6))
	for _, size := range []int{96, 300, 600, 750, 900} {
		for name, e := range map[string]*base64.Encoding{"base64": base64.StdEncoding, "base64 for URLs": base64.RawURLEncoding} {
			b := make([]byte, size)
			for i := range b {
				b[i] = byte(random.Uint32())
			}
			token := e.EncodeToString(b)
			if got := shownAfterReading(token, "token "+token+"."); got != "token [REDACTED:file]." {
				t.Errorf("%s of %d bytes: shows %q", name, size, got)
			}
		}
	}
}

// meter is a call with fuel and a context.
type meter struct {
	context.Context
	fuel, spent int64
}

func (m *meter) Spend(units int64) {
	if m.spent += units; m.spent > m.fuel {
		panic("out of fuel")
	}
	m.Look()
}

func (m *meter) Look() {
	if m.Err() != nil {
		panic(m.Err())
	}
}

// The call pays for the masking of its text. Once it is over, there is little time for
// that: a few words are masked, and many are left out.
func TestTM009ACallPaysForTheMaskingOfItsText(t *testing.T) {
	t.Parallel()
	value, text, _ := shuffled(rand.New(rand.NewPCG(7, 8)), 120, 60, lowercase, " ")
	few, masked := "say "+value[:60], "say [REDACTED:K]"
	for name, c := range map[string]struct {
		fuel     int64
		canceled bool
		text     string
		paid     bool
		want     string
	}{
		"few words":               {fuel: 1 << 40, text: few, paid: true, want: masked},
		"many words":              {fuel: 1 << 40, text: text, paid: true, want: "[REDACTED:K] [REDACTED:K]"},
		"few words, canceled":     {fuel: 1 << 40, canceled: true, text: few, want: masked},
		"many words, canceled":    {fuel: 1 << 40, canceled: true, text: text, want: "left out"},
		"few words, out of fuel":  {text: few, want: masked},
		"many words, out of fuel": {text: text, want: "left out"},
	} {
		shown := ""
		for range 20 { // the time of a call that is over may end early on a busy machine
			g := guesttest.New(t, capability.Options{}, all.Grants{})
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			m := &meter{Context: ctx, fuel: 1 << 40}
			g.Begin(m)
			g.Call.DiscloseString("K", value)
			g.Call.Fail([]byte(c.text))
			if c.canceled {
				cancel()
			}
			m.fuel, m.spent = c.fuel, 0
			shown = g.Call.End().GuestText
			if strings.Contains(shown, value[:60]) || c.paid && m.spent == 0 || c.canceled && m.spent != 0 {
				t.Errorf("%s: paid %d units, and shows %.80q", name, m.spent, shown)
			}
			if strings.Contains(shown, c.want) {
				break
			}
		}
		if !strings.Contains(shown, c.want) {
			t.Errorf("%s: shows %.80q, want %q", name, shown, c.want)
		}
	}
}

// Lines that are left out are counted.
func TestTM010LinesThatAreLeftOutAreCounted(t *testing.T) {
	t.Parallel()
	sink := &guesttest.Records{}
	g := guesttest.New(t, capability.Options{Log: sink.Logger()}, all.Grants{})
	value, text, other := shuffled(rand.New(rand.NewPCG(7, 8)), 1020, 7, lowercase, " ")
	g.Call.DiscloseString("K", value)
	for _, line := range []string{text[:4000], text[4000:8000], other[:4000]} {
		g.Call.Log(abi.LevelInfo, []byte(line))
	}
	r := g.Call.End()
	g.Set.EmitLogs(t.Context(), r.Logs)
	g.Set.Close()
	dropped := 0
	for _, record := range sink.All(t) {
		dropped += record.Dropped
	}
	if len(r.Logs) != 1 || !strings.Contains(r.Logs[0].Text, "left out") || dropped != 2 {
		t.Errorf("%d lines, %d dropped: %s", len(r.Logs), dropped, sink)
	}
}

// A value is noted once, at what it costs to compare it.
func TestTM004ValuesAreNotedOnce(t *testing.T) {
	t.Parallel()
	g := guesttest.New(t, capability.Options{}, all.Grants{})
	note := func() {
		for i := range 100 {
			g.Call.DiscloseString(fmt.Sprint("K", i%50), strings.Repeat("v", 1000+i%50))
			g.Call.DiscloseBytes([]byte(strings.Repeat("b", 1000+i%50)))
		}
	}
	note()
	held := g.Call.Held()
	if held < 100*1000 || held > 100*1200 {
		t.Errorf("100 values of some 1,000 bytes are counted as %d", held)
	}
	for range 100 {
		note()
	}
	if got := g.Call.Held(); got != held {
		t.Errorf("%d bytes are held after the same values, want %d", got, held)
	}
}
