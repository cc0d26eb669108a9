package main

import (
	"strings"
	"testing"
	"testing/iotest"
)

func TestRedaction(t *testing.T) {
	t.Setenv("DB_PASSWORD", "correct-horse-battery")
	in := "PGPASSWORD=correct-horse-battery psql\n" +
		"Authorization: Basic YXBwOmNvcnJlY3QtaG9yc2UtYmF0dGVyeQ==\n" +
		"63 6f 636f72726563742d686f7273652d62617474657279\n"
	var out strings.Builder
	if err := run(t.Context(), iotest.OneByteReader(strings.NewReader(in)), &out); err != nil {
		t.Fatal(err)
	}
	want := `{"level":"ERROR","msg":"cannot connect","dsn":"postgres://app:[REDACTED:DB_PASSWORD]@db/app","err":"bad password \"[REDACTED:DB_PASSWORD]\""}
PGPASSWORD=[REDACTED:DB_PASSWORD] psql
Authorization: Basic YXBwOm[REDACTED:DB_PASSWORD]
63 6f [REDACTED:DB_PASSWORD]
`
	if out.String() != want {
		t.Errorf("output:\n%s\nwant:\n%s", out.String(), want)
	}
}
