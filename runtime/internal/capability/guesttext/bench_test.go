package guesttext_test

import (
	"fmt"
	"strings"
	"testing"
)

// BenchmarkMaskTexts masks one line of a guest that has read a file.
func BenchmarkMaskTexts(b *testing.B) {
	for _, keys := range []int{1, 10, 500, 2000} {
		var file strings.Builder
		for i := range keys {
			fmt.Fprintf(&file, "KEY_%d=%048d\n", i, i*7919)
		}
		value := []byte(file.String())
		b.Run(fmt.Sprintf("%d-keys", keys), func(b *testing.B) {
			b.SetBytes(int64(len(value)))
			for b.Loop() {
				text := "line 500, column 8: no closing quote"
				masked(value, text)
			}
		})
		b.Run(fmt.Sprintf("%d-keys/place", keys), func(b *testing.B) {
			b.SetBytes(int64(len(value)))
			for b.Loop() {
				text := "line 3000, column 8: not an assignment"
				masked(value, text)
			}
		})
	}
}
