package main

import (
	"strings"
	"testing"
)

func TestQuickstart(t *testing.T) {
	t.Setenv("DB_URL", "postgres://localhost/app")
	var out strings.Builder
	if err := run(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	want := "printed: [REDACTED]\nexposed: postgres://localhost/app\n"
	if out.String() != want {
		t.Errorf("output = %q, want %q", out.String(), want)
	}
}
