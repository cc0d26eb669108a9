package project_test

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestReadmeHostile requires the paragraph of the README on hostile modules to have the
// figures of testdata/long/hostile.txt, in the same order and with the worst cases.
func TestReadmeHostile(t *testing.T) {
	t.Parallel()
	table := read(t, "testdata/long/hostile.txt")
	row := func(pattern string) []string {
		t.Helper()
		m := regexp.MustCompile(`(?m)^` + pattern).FindStringSubmatch(table)
		if m == nil {
			t.Fatalf("hostile.txt has no line %q", pattern)
		}
		return m[1:]
	}
	var want []string
	want = append(want, row(`# go.*, 2 processors, load ([0-9.]+) at the start`)...)
	want = append(want, row(`P4 +escapes: 0 of (\d+) modules`)...)

	const calls = `P5 .*hostile calls: (\d+) of \d+ kinds beside (\d+) normal ones; exits (\d+), wrong answers (\d+),`
	fewest := 0
	for _, m := range regexp.MustCompile(`(?m)^`+calls).FindAllStringSubmatch(table, -1) {
		normal, err := strconv.Atoi(m[2])
		if err != nil || m[1] != "10000" || m[3] != "0" || m[4] != "0" {
			t.Errorf("the README says something else than %q", m[0])
		}
		if fewest == 0 || normal < fewest {
			fewest = normal
		}
	}
	want = append(want, "10,000", grouped(fewest))

	const late = `P6 +deadlines on %d processors: .* late by \S+ at the median, (\S+) at the 99th percentile, (\S+) at worst`
	two, one := row(fmt.Sprintf(late, 2)), row(fmt.Sprintf(late, 1))
	want = append(want, milliseconds(t, two[0]), "99", "100", milliseconds(t, two[1]), milliseconds(t, one[0]), milliseconds(t, one[1]))
	crashes := row(`P7 +crashes: (\d+) injected in .* of (\d+) callers .*; wrong values 0, lost acknowledged writes 0,`)
	injected, err := strconv.Atoi(crashes[0])
	if err != nil {
		t.Fatal(err)
	}
	want = append(want, grouped(injected), crashes[1])

	_, text, found := strings.Cut(readme(t), "(testdata/long/hostile.txt)")
	text, _, ended := strings.Cut(text, "The cost:")
	if got := regexp.MustCompile(`\d[\d,.]*\d|\d`).FindAllString(text, -1); !found || !ended || !slices.Equal(got, want) {
		t.Errorf("README.md has the figures %q,\nwant those of testdata/long/hostile.txt: %q", got, want)
	}
}

// milliseconds returns a duration as the README writes it, without its unit.
func milliseconds(t *testing.T, duration string) string {
	t.Helper()
	d, err := time.ParseDuration(duration)
	if err != nil {
		t.Fatal(err)
	}
	return grouped(int(d.Round(time.Millisecond) / time.Millisecond))
}

// grouped returns a number with commas between its thousands.
func grouped(n int) string {
	if n < 1000 {
		return strconv.Itoa(n)
	}
	return fmt.Sprintf("%s,%03d", grouped(n/1000), n%1000)
}
