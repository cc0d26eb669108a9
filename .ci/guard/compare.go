package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
)

// tolerance is the ratio above which a row fails.
const tolerance = 1.05

// row is one operation and its times in both commits.
type row struct {
	name       string
	time       func(dir string) (ns float64, err error)
	base, head []float64 // nanoseconds, one for each round
}

// round times every row once in each commit.
func round(rows []*row, base, head string) error {
	for _, r := range rows {
		b, err := r.time(base)
		if err != nil {
			return fmt.Errorf("base: %s: %w", r.name, err)
		}
		h, err := r.time(head)
		if err != nil {
			return fmt.Errorf("head: %s: %w", r.name, err)
		}
		r.base, r.head = append(r.base, b), append(r.head, h)
	}
	return nil
}

func (r *row) ratio() float64 {
	ratios := make([]float64, len(r.base))
	for i := range ratios {
		ratios[i] = r.head[i] / r.base[i]
	}
	return median(ratios)
}

func median(values []float64) float64 {
	sorted := slices.SortedFunc(slices.Values(values), cmp.Compare)
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// report prints the table and returns the names of the rows that are too slow.
func report(w io.Writer, rows []*row) (slow []string, err error) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(t, "operation\tbase\thead\tratio\tverdict\t\n")
	for _, r := range rows {
		verdict := "ok"
		if r.ratio() > tolerance {
			verdict = "too slow"
			slow = append(slow, r.name)
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%.3f\t%s\t\n", r.name, duration(median(r.base)), duration(median(r.head)), r.ratio(), verdict)
	}
	return slow, t.Flush()
}

func duration(ns float64) string {
	switch {
	case ns < 1e3:
		return fmt.Sprintf("%.0f ns", ns)
	case ns < 1e6:
		return fmt.Sprintf("%.2f us", ns/1e3)
	}
	return fmt.Sprintf("%.2f ms", ns/1e6)
}
