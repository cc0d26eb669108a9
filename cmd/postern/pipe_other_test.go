//go:build !unix

package main_test

import "github.com/rogpeppe/go-internal/testscript"

func pipe(ts *testscript.TestScript, _ bool, _ []string) { ts.Fatalf("named pipes are not supported") }
