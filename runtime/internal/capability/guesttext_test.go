package capability_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/postern-project/postern/runtime/abi"
	"github.com/postern-project/postern/runtime/internal/capability"
	"github.com/postern-project/postern/runtime/internal/capability/all"
	"github.com/postern-project/postern/runtime/internal/capability/guesttest"
)

// reversed is a value of n words with k letters, and the same words from the last to the
// first.
func reversed(n, k int) (value, text string) {
	random := rand.New(rand.NewPCG(7, 8))
	words := make([]string, n)
	for i := range words {
		for range k {
			words[i] += string(rune('a' + random.IntN(26)))
		}
	}
	value = strings.Join(words, " ")
	slices.Reverse(words)
	return value, strings.Join(words, " ")
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
	value, text := reversed(120, 60)
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
	value, text := reversed(1600, 7)
	g.Call.DiscloseString("K", value)
	for _, line := range []string{text[:4000], text[4000:8000], text[8000:12000]} {
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
