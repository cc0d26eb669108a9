package wasmbin_test

import (
	"strings"
	"testing"

	"github.com/postern-project/postern/runtime/internal/wasmbin"
)

// check runs Parse and Check.
func check(b []byte, limits wasmbin.Limits) error {
	m, err := wasmbin.Parse(b)
	if err != nil {
		return err
	}
	return wasmbin.Check(m, limits)
}

// body returns the module of a function body without its end.
func body(instructions string) string { return string(oneFunction(instructions + "\x0b")) }

func TestTM029RefusedFeatures(t *testing.T) {
	t.Parallel()
	refused := wasmbin.RefusedFeature
	for _, c := range []struct {
		name, module string
		want         wasmbin.Reason
		detail       string
	}{
		{"shared memory", empty + section(5, "\x01\x03\x01\x01"), refused, "threads"},
		{"shared imported memory", empty + section(2, "\x01\x01m\x01n\x02\x03\x01\x01"), refused, "threads"},
		{"shared table", empty + section(4, "\x01\x70\x03\x01\x01"), refused, "threads"},
		{"atomic load", body("\x41\x00\xfe\x10\x02\x00\x1a"), refused, "threads"},
		{"atomic fence", body("\xfe\x03\x00"), refused, "threads"},
		{"memory of 64 bits", empty + section(5, "\x01\x04\x01"), refused, "memory64"},
		{"table of 64 bits", empty + section(4, "\x01\x70\x04\x01"), refused, "memory64"},
		{"two memories", empty + section(5, "\x02\x00\x01\x00\x01"), refused, "multi-memory"},
		{"memory beside an imported one", empty + section(2, "\x01\x01m\x01n\x02\x00\x01") + memoryPart, refused, "multi-memory"},
		{"memory index of a load", body("\x41\x00\x28\x42\x00\x00\x1a"), refused, "multi-memory"},
		{"memory index of memory.size", body("\x3f\x01\x1a"), refused, "multi-memory"},
		{"memory index of memory.copy", body("\x41\x00\x41\x00\x41\x00\xfc\x0a\x00\x01"), refused, "multi-memory"},
		{"memory index of data", empty + memoryPart + section(11, "\x01\x02\x01\x41\x00\x0b\x00"), refused, "multi-memory"},
		{"tag section", empty + section(13, "\x01\x00\x00"), refused, "exception"},
		{"imported tag", empty + typesPart + section(2, "\x01\x01m\x01n\x04\x00\x00"), refused, "exception"},
		{"exported tag", empty + section(7, "\x01\x01t\x04\x00"), refused, "exception"},
		{"try", body("\x06\x40\x0b"), refused, "exception"},
		{"throw", body("\x08\x00"), refused, "exception"},
		{"throw_ref", body("\x0a"), refused, "exception"},
		{"try_table", body("\x1f\x40\x00\x0b"), refused, "exception"},
		{"exnref", empty + section(1, "\x01\x60\x01\x69\x00"), refused, "exceptions"},
		{"return_call", body("\x12\x00"), refused, "tail calls"},
		{"return_call_indirect", body("\x13\x00\x00"), refused, "tail calls"},
		{"return_call_ref", body("\x15\x00"), refused, "tail calls"},
		{"call_ref", body("\x14\x00"), refused, "typed references"},
		{"ref.as_non_null", body("\xd4"), refused, "typed references"},
		{"br_on_null", body("\xd5\x00"), refused, "typed references"},
		{"table with initial value", empty + section(4, "\x01\x40\x00\x70\x00\x01\xd0\x70\x0b"), refused, "typed references"},
		{"typed block", body("\x02\x63\x70\x0b"), refused, "typed reference"},
		{"struct type", empty + section(1, "\x01\x5f\x00"), refused, "garbage"},
		{"array type", empty + section(1, "\x01\x5e\x7f\x00"), refused, "garbage"},
		{"recursive types", empty + section(1, "\x01\x4e\x01\x60\x00\x00"), refused, "garbage"},
		{"anyref", empty + section(1, "\x01\x60\x01\x6e\x00"), refused, "garbage"},
		{"struct.new", body("\xfb\x00\x00"), refused, "garbage"},
		{"relaxed vectors", body("\xfd\x80\x02"), refused, "relaxed"},
		{"wide arithmetic", body("\xfc\x13"), refused, "wide"},
		{"extended constant", empty + section(6, "\x01\x7f\x00\x41\x01\x41\x02\x6a\x0b"), refused, "extended"},
		{"ref.func", body("\xd2\x00\x1a"), refused, "ref.func"},
		{"ref.func in code that never runs", body("\x00\xd2\x00\x1a"), refused, "ref.func"},
		{"unknown opcode", body("\x27"), wasmbin.UnknownOpcode, "0x27"},
		{"last opcode", body("\xff"), wasmbin.UnknownOpcode, "0xff"},
		{"unknown misc opcode", body("\xfc\x12"), wasmbin.UnknownOpcode, "0x12"},
		{"misc opcode that is known in its low byte", body("\xfc\x88\x02"), wasmbin.UnknownOpcode, "0x108"},
		{"unknown vector opcode", body("\xfd\x9a\x01"), wasmbin.UnknownOpcode, "0x9a"},
	} {
		err := check([]byte(c.module), wasmbin.Limits{})
		if reason(t, err) != c.want || !strings.Contains(err.Error(), c.detail) {
			t.Errorf("%s: %v, want %s with %q", c.name, err, c.want, c.detail)
		}
		if out, err := meter([]byte(c.module)); err == nil {
			t.Errorf("%s: Meter made %d bytes of it", c.name, len(out.Bytes))
		}
	}
}

// TestAcceptedFeatures accepts what toolchains emit by default.
func TestAcceptedFeatures(t *testing.T) {
	t.Parallel()
	for name, instructions := range map[string]string{
		"sign extension":           "\x41\x00\xc0\x1a",
		"saturating conversion":    "\x43\x00\x00\x00\x00\xfc\x00\x1a",
		"memory.size":              "\x3f\x00\x1a",
		"multi-value block":        "\x02\x00\x0b",
		"reference":                "\xd0\x70\xd1\x1a",
		"typed select":             "\x41\x00\x41\x00\x41\x00\x1c\x01\x7f\x1a",
		"vector constant":          "\xfd\x0c" + strings.Repeat("\x07", 16) + "\x1a",
		"vector opcode above 0x7f": "\xfd\x0c" + strings.Repeat("\x07", 16) + "\xfd\xe1\x01\x1a",
		"padded numbers":           "\x41\x80\x80\x80\x80\x00\x1a\x41\xff\xff\xff\xff\x7f\x1a",
	} {
		w := openBytes(t, []byte(body(instructions)))
		if got := w.spent(t, "f"); got != 1 {
			t.Errorf("%s: costs %d units", name, got)
		}
	}
}

// TestTM031ShortestForm gives Meter a vector opcode in a padded form. The format
// allows that, but an engine that reads one byte takes it for another instruction,
// followed by an unreachable.
func TestTM031ShortestForm(t *testing.T) {
	t.Parallel()
	constant := "\xfd\x8c\x00" + strings.Repeat("\x01", 16) + "\x1a"
	w := openBytes(t, []byte(body(constant)))
	if got := w.spent(t, "f"); got != 1 {
		t.Errorf("costs %d units", got)
	}
	if strings.Contains(string(w.result.Bytes), "\xfd\x8c\x00") {
		t.Error("the padded opcode is still there")
	}
}

// TestTM031AddedIndices uses indexes that are out of range before metering and that
// afterwards belong to what Meter adds.
func TestTM031AddedIndices(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, module string }{
		{"the slow path", body("\x10\x01")},
		{"the tick, two beyond", body("\x10\x02")},
		{"the fuel", body("\x42\x00\x24\x00")},
		{"reading the fuel", body("\x23\x00\x1a")},
		{"the added local", body("\x42\x00\x21\x00")},
		{"the added type", body("\x02\x01\x0b")},
		{"the slow path in a table", empty + typesPart + funcPart + section(4, "\x01\x70\x00\x01") + memoryPart + section(9, "\x01\x00\x41\x00\x0b\x01\x01") + code("\x0b")},
		{"the slow path as an export", empty + typesPart + funcPart + memoryPart + section(7, "\x01\x01f\x00\x01") + code("\x0b")},
		{"the slow path as the start", empty + typesPart + funcPart + memoryPart + section(8, "\x01") + code("\x0b")},
		{"the fuel as an export", empty + typesPart + funcPart + memoryPart + section(7, "\x01\x01f\x03\x00") + code("\x0b")},
		{"the fuel as a constant", empty + typesPart + funcPart + memoryPart + section(6, "\x01\x7e\x00\x23\x00\x0b") + code("\x0b")},
	} {
		if _, err := meter([]byte(c.module)); reason(t, err) != wasmbin.BadIndex {
			t.Errorf("%s: Meter = %v, want %s", c.name, err, wasmbin.BadIndex)
		}
	}
}

func TestReservedNames(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, module string
		want         wasmbin.Reason
	}{
		{"imports the tick", empty + typesPart + section(2, "\x01"+sized(wasmbin.TickModule)+sized("anything")+"\x00\x00"), wasmbin.ReservedName},
		{"exports the fuel", empty + typesPart + funcPart + section(7, "\x01"+sized(wasmbin.FuelGlobal)+"\x00\x00") + code("\x0b"), wasmbin.ReservedName},
		{"exports a global", empty + section(6, "\x01\x7f\x01\x41\x00\x0b") + section(7, "\x01"+sized(wasmbin.ReservedPrefix+"global.0")+"\x03\x00"), wasmbin.ReservedName},
		{"vector global", empty + section(6, "\x01\x7b\x01\xfd\x0c"+strings.Repeat("\x00", 16)+"\x0b"), wasmbin.UnrestorableState},
		{"reference global", empty + section(6, "\x01\x70\x01\xd0\x70\x0b"), wasmbin.UnrestorableState},
		{"constant vector global", empty + section(6, "\x01\x7b\x00\xfd\x0c"+strings.Repeat("\x00", 16)+"\x0b"), ""},
		{"exports another name", empty + typesPart + funcPart + section(7, "\x01"+sized("postern_get")+"\x00\x00") + code("\x0b"), ""},
	} {
		if _, err := meter([]byte(c.module)); reason(t, err) != c.want {
			t.Errorf("%s: Meter = %v, want reason %q", c.name, err, c.want)
		}
	}
}

func TestStateThatCannotBeReset(t *testing.T) {
	t.Parallel()
	table := section(4, "\x01\x70\x01\x01\x01")
	passive := section(9, "\x01\x01\x00\x01\x00")
	for _, c := range []struct {
		name, module  string
		tables, drops bool
	}{
		{"nothing", body(""), false, false},
		{"a table alone", empty + typesPart + funcPart + table + memoryPart + code("\x0b"), false, false},
		{"exported table", empty + typesPart + funcPart + table + memoryPart + section(7, "\x01\x01t\x01\x00") + code("\x0b"), true, false},
		{"table.set", empty + typesPart + funcPart + table + memoryPart + code("\x41\x00\xd0\x70\x26\x00\x0b"), true, false},
		{"table.grow", empty + typesPart + funcPart + table + memoryPart + code("\xd0\x70\x41\x00\xfc\x0f\x00\x1a\x0b"), true, false},
		{"table.fill", empty + typesPart + funcPart + table + memoryPart + code("\x41\x00\xd0\x70\x41\x00\xfc\x11\x00\x0b"), true, false},
		{"table.copy", empty + typesPart + funcPart + table + memoryPart + code("\x41\x00\x41\x00\x41\x00\xfc\x0e\x00\x00\x0b"), true, false},
		{"table.init", empty + typesPart + funcPart + table + memoryPart + passive + code("\x41\x00\x41\x00\x41\x00\xfc\x0c\x00\x00\x0b"), true, false},
		{"elem.drop", empty + typesPart + funcPart + table + memoryPart + passive + code("\xfc\x0d\x00\x0b"), true, true},
		{"data.drop", empty + typesPart + funcPart + memoryPart + section(12, "\x01") + code("\xfc\x09\x00\x0b") + section(11, "\x01\x01\x01x"), false, true},
	} {
		out, err := meter([]byte(c.module))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if out.MutableTables != c.tables || out.DropsSegments != c.drops {
			t.Errorf("%s: MutableTables %v, DropsSegments %v, want %v, %v", c.name, out.MutableTables, out.DropsSegments, c.tables, c.drops)
		}
	}
}
