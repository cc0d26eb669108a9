package cost

import (
	"strings"
	"testing"
)

// A loop hands on values exactly to the basic blocks that every path reaches through
// its beginning.
func TestTM006LoopsHandOnWhatIsLive(t *testing.T) {
	t.Parallel()
	const (
		set    = "\x41\x07\x21\x00\x41\x07\x21\x01" // two locals
		loop   = "\x03\x40\x20\x00\x0d\x00\x0b"
		blocks = "\x20\x00\x04\x40\x0b"
	)
	amount := func(code string) float64 {
		m := New(Module{Types: []Type{{}}, Functions: []uint32{0}, Defined: 1}, Limits{})
		m.Begin(Body{Locals: 2})
		m.End([]byte(code + "\x0b"))
		return m.sum[inherited]
	}
	after := func(code string) float64 { // what 100 blocks add
		return amount(code+strings.Repeat(blocks, 100)) - amount(code)
	}
	one := after(set + loop)
	if one == 0 {
		t.Fatal("a loop hands on nothing")
	}
	for _, c := range []struct {
		name, code string
		want       float64 // loops that hand on
	}{
		{"no loop", set, 0},
		{"two loops", set + loop + set + loop, 2},
		{"three loops", set + loop + set + loop + set + loop, 3},
		{"in one arm", set + "\x20\x00\x04\x40" + loop + "\x0b", 0},
		{"in both arms", set + "\x20\x00\x04\x40" + loop + "\x05" + loop + "\x0b", 0},
		{"before and in one arm", set + loop + "\x20\x00\x04\x40" + set + loop + "\x0b", 1},
		{"behind a branch", set + "\x02\x40\x20\x00\x0d\x00" + loop + "\x0b", 0},
		{"before a branch", set + "\x02\x40" + loop + "\x20\x00\x0d\x00" + set + loop + "\x0b", 1},
		{"behind a br_table", set + "\x02\x40\x02\x40\x20\x00\x0e\x01\x00\x01\x0b" + loop + "\x0b", 0},
		{"in a block that is left after it", set + "\x02\x40" + loop + "\x20\x00\x0d\x00\x0c\x00\x0b", 1},
		{"code that cannot be reached", set + "\x02\x40\x0c\x00" + loop + "\x0b", 0},
	} {
		if got := after(c.code); got != c.want*one {
			t.Errorf("%s: 100 basic blocks after it get %v values, want %v", c.name, got, c.want*one)
		}
	}
	// What a loop sets later is merged where it begins, and lives into loops within it.
	outer := func(code string) float64 {
		return amount("\x03\x40" + strings.Repeat(loop, 20) + code + "\x20\x00\x0d\x00\x0b")
	}
	if with, without := outer(set), outer("\x41\x07\x1a\x41\x07\x1a"); with <= without {
		t.Errorf("a loop that sets locals at its end hands on %v values, want more than %v", with, without)
	}
	// Parameters live into the first loop.
	m := New(Module{Types: []Type{{Params: 100}}, Functions: []uint32{0}, Defined: 1}, Limits{})
	m.Begin(Body{})
	m.End([]byte(loop + "\x0b"))
	if got := m.sum[inherited]; got < 100 {
		t.Errorf("a loop hands on %v values, want the 100 parameters among them", got)
	}
}
