package app

import "testing"

func TestQuotePath(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"a/b.lua": "a/b.lua", "a b": "'a b'", "it's": `'it'\''s'`, "-x": "./-x", "$(id)": "'$(id)'", "a\nb": "'a; b'", "": "''",
	} {
		if got := QuotePath(in); got != want {
			t.Errorf("QuotePath(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestClean(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"plain": "plain", "a\nb": "a; b", "a\x1b[31mb": `a\x1b[31mb`, "a\u202eb": `a\u202eb`, "é": "é", " a ": "a", "a\x00": `a\x00`,
	} {
		if got := Clean(in); got != want {
			t.Errorf("Clean(%q) = %q, want %q", in, got, want)
		}
	}
}
