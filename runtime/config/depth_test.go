package config_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/postern-project/postern/runtime/config"
)

// TestDepthIsLimited: what is nested far deeper than any setting is refused with its line,
// before it is copied for each level.
func TestDepthIsLimited(t *testing.T) {
	t.Parallel()
	deep := func(open, inner, end string, n int) string {
		return strings.Repeat(open, n) + inner + strings.Repeat(end, n)
	}
	aliases := "a0: &a0 {x: 1}\n"
	for i := range 30 {
		aliases += fmt.Sprintf("a%d: &a%d {x: *a%d}\n", i+1, i+1, i)
	}
	for name, text := range map[string]string{
		"mappings.yaml": "\n" + deep("{a: ", "1", "}", 8000), "lists.yaml": "\na: " + deep("[", "", "]", 8000),
		"dashes.yaml": "\n" + deep("- ", "1", "", 25), "aliases.yaml": aliases,
		"mappings.json": "\n" + deep(`{"a":`, "1", "}", 9000), "lists.json": "{\n\"a\":" + deep("[", "", "]", 9000) + "}",
		"dotted.toml": "\n" + deep("a.", "a", "", 8000) + " = 1", "table.toml": "\n[" + deep("a.", "a", "", 25) + "]",
		"lists.toml": "\na = " + deep("[", "", "]", 200), "inline.toml": "\na = " + deep("{a=", "1", "}", 200),
	} {
		got := loadError(t, named(t, name, text))
		if !strings.Contains(got, "nested more than 20 levels deep") || !strings.Contains(got, "line 2") {
			t.Errorf("%s: %.300s", name, got)
		}
	}
	var wide strings.Builder
	for i := range 5001 {
		fmt.Fprintf(&wide, "a%d: 1\n", i)
	}
	if got := loadError(t, named(t, "wide.yaml", wide.String())); !strings.Contains(got, "line 1: a mapping with more than 5000 keys") {
		t.Errorf("a wide mapping: %.300s", got)
	}
	if got := loadError(t, named(t, "wide.toml", strings.ReplaceAll(wide.String()+wide.String(), ":", " ="))); !strings.Contains(got, "line 10001: more than 10000 keys and tables") {
		t.Errorf("a wide TOML: %.300s", got)
	}
	for name, text := range map[string]string{
		"p.yaml": deep("{a: ", "1", "}", 20), "p.json": deep(`{"a":`, "1", "}", 20), "p.toml": deep("a.", "a", "", 19) + " = 1",
	} {
		if got := loadError(t, named(t, name, text)); !strings.Contains(got, "unknown key") {
			t.Errorf("%s: %.300s", name, got)
		}
	}
}

// BenchmarkLargeConfiguration loads what a megabyte can hold at most: its width costs
// linear time, and its depth is refused.
func BenchmarkLargeConfiguration(b *testing.B) {
	several := func(n, keys int, begin, line, end string) string {
		var text strings.Builder
		for i := range n {
			fmt.Fprintf(&text, begin, i)
			for k := range keys {
				fmt.Fprintf(&text, line, i, k)
			}
			text.WriteString(end)
		}
		return text.String()
	}
	for name, text := range map[string]string{
		"yaml wide":         several(10, 4999, "m%d:\n", "  a%d-%d: 1\n", ""),
		"yaml half as wide": several(5, 4999, "m%d:\n", "  a%d-%d: 1\n", ""),
		"toml wide":         several(2, 4900, "[m%d]\n", "a%d-%d = 1\n", ""),
		"toml half as wide": several(1, 4900, "[m%d]\n", "a%d-%d = 1\n", ""),
		"yaml deep":         "a: [" + strings.Repeat(strings.Repeat("{a: ", 8000)+strings.Repeat("}", 8000)+",", 20) + "]",
	} {
		form, _, _ := strings.Cut(name, " ")
		b.Run(name, func(b *testing.B) {
			s := named(b, "p."+form, text)
			for b.Loop() {
				if _, err := config.Load(s); err == nil {
					b.Fatal("it was accepted")
				}
			}
		})
	}
}
