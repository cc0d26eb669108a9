package project_test

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const threatsPage = "runtime/THREATS.md"

// The ids of threats and promises as tests, comments and scripts spell them:
// TM-001, TestTM001Name, TestName_TM001, P7, TestP7Name, TestNameP7.
var (
	threatID  = regexp.MustCompile(`TM[-_]?([0-9]{3})`)
	promiseID = regexp.MustCompile(`\bP([0-9]{1,2})\b`)
	testName  = regexp.MustCompile(`\b(?:Test|Fuzz)\w+`)
	inName    = regexp.MustCompile(`(?:^(?:Test|Fuzz)|[a-z0-9_])P([0-9]{1,2})(?:[A-Z_]|$)`)
)

// lastPromise is the highest number of a promise; P256 is something else.
const lastPromise = 20

// idsIn returns the ids in a text.
func idsIn(text string) []string {
	var ids []string
	for _, m := range threatID.FindAllStringSubmatch(text, -1) {
		ids = append(ids, "TM-"+m[1])
	}
	promises := promiseID.FindAllStringSubmatch(text, -1)
	for _, name := range testName.FindAllString(text, -1) {
		promises = append(promises, inName.FindAllStringSubmatch(name, -1)...)
	}
	for _, m := range promises {
		if n := 0; m[1][0] != '0' {
			if _, err := fmt.Sscan(m[1], &n); err == nil && n <= lastPromise {
				ids = append(ids, "P"+m[1])
			}
		}
	}
	return ids
}

// threat is a row of a table in the page on threats.
type threat struct {
	line                     int
	id, attack, answer, test string
}

var threatRow = regexp.MustCompile(`^\| (TM-[0-9]{3}|P[0-9]{1,2}) \| (.+) \| (.+) \| (.+) \|$`)

func threats(page string) []threat {
	var all []threat
	n := 0
	for line := range strings.Lines(page) {
		n++
		if m := threatRow.FindStringSubmatch(strings.TrimSpace(line)); m != nil {
			all = append(all, threat{n, m[1], m[2], m[3], m[4]})
		}
	}
	return all
}

// TestThreats requires one row in the page on threats for every id in the code,
// and an existing test in every row, or "no test: REASON".
func TestThreats(t *testing.T) {
	t.Parallel()
	used, tests := map[string]string{}, map[string]bool{}
	for _, name := range files(t) {
		if name == threatsPage || !slices.Contains([]string{".go", ".rs", ".lua", ".sh", ".txt", ".txtar", ".md", ".yml", ".wat"}, path.Ext(name)) {
			continue
		}
		text := read(t, name)
		for _, id := range idsIn(name + "\n" + text) {
			if used[id] == "" {
				used[id] = name
			}
		}
		if isTest(name) {
			for _, m := range declaredTest.FindAllStringSubmatch(text, -1) {
				tests[m[1]] = true
			}
		}
		if rest, ok := strings.CutPrefix(name, "testdata/script/"); ok {
			tests[rest] = true
		}
	}
	for _, fault := range threatFaults(threats(read(t, threatsPage)), used, tests) {
		t.Error(fault)
	}
}

var declaredTest = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz|Example)\w*)\(`)

// threatFaults compares the rows with the ids that are used, each with a file
// that has it, and with the tests that exist.
func threatFaults(rows []threat, used map[string]string, tests map[string]bool) []string {
	var faults []string
	seen := map[string]int{}
	for _, r := range rows {
		where := fmt.Sprintf("%s:%d: %s", threatsPage, r.line, r.id)
		if seen[r.id] != 0 {
			faults = append(faults, fmt.Sprintf("%s has a row already, in line %d", where, seen[r.id]))
		}
		seen[r.id] = r.line
		named := codeSpan.FindAllStringSubmatch(r.test, -1)
		if len(named) == 0 && !strings.HasPrefix(r.test, "no test: ") {
			faults = append(faults, where+` names no test; want one, or "no test: REASON"`)
		}
		for _, m := range named {
			if !tests[m[1]] {
				faults = append(faults, where+" names "+m[1]+", which is not a test")
			}
		}
	}
	for id, name := range used {
		if seen[id] == 0 {
			faults = append(faults, fmt.Sprintf("%s uses %s, which has no row in %s", name, id, threatsPage))
		}
	}
	slices.Sort(faults)
	return faults
}

func TestThreatFaults(t *testing.T) {
	t.Parallel()
	const header = "| id | attack | answer | test |\n|---|---|---|---|\n"
	used, tests := map[string]string{"TM-001": "a.go"}, map[string]bool{"TestA": true, "a.txtar": true}
	for _, c := range []struct{ name, rows, want string }{
		{"agrees", "| TM-001 | loop | fuel | `TestA`, `a.txtar` |\n", ""},
		{"reason", "| TM-001 | loop | fuel | no test: it is documented only |\n", ""},
		{"no row", "", "a.go uses TM-001, which has no row in runtime/THREATS.md"},
		{"no test", "| TM-001 | loop | fuel | none |\n", `runtime/THREATS.md:3: TM-001 names no test; want one, or "no test: REASON"`},
		{"unknown test", "| TM-001 | loop | fuel | `TestB` |\n", "runtime/THREATS.md:3: TM-001 names TestB, which is not a test"},
		{"twice", "| TM-001 | loop | fuel | `TestA` |\n| TM-001 | loop | fuel | `TestA` |\n", "runtime/THREATS.md:4: TM-001 has a row already, in line 3"},
	} {
		if got := strings.Join(threatFaults(threats(header+c.rows), used, tests), "\n"); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestIDsIn(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"TM-001, TM002 and TestX_TM003": "[TM-001 TM-002 TM-003]",
		"func TestP7Crashes(":           "[P7]",
		"func TestRun_TM161_P18(":       "[TM-161 P18]",
		"func TestDenyFaultsMatchP3(":   "[P3]",
		"P12: values stay out":          "[P12]",
		"P256, P0, HTTP2, TestHTTP2X":   "[]",
	} {
		if got := fmt.Sprint(idsIn(text)); got != want {
			t.Errorf("idsIn(%q) = %s, want %s", text, got, want)
		}
	}
}
