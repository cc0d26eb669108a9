package policy

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"text/tabwriter"
	"time"
)

// TestEnginesAgree checks that all engines give the same answers: only then are
// their times comparable.
func TestEnginesAgree(t *testing.T) {
	for _, n := range []int{10, 200} {
		all, want := requests(n)
		for _, e := range engines {
			decide := e.make(t, n, all)
			for i, q := range all {
				if got := decide(i); got != want[i] {
					t.Errorf("%s, %d rules: %v = %v, want %v", e.name, n, q, got, want[i])
				}
			}
		}
	}
}

func BenchmarkPeers(b *testing.B) {
	for _, n := range []int{10, 200} {
		table := ""
		b.Run(fmt.Sprintf("rules=%d", n), func(b *testing.B) { table = compare(b, n) })
		fmt.Println(table) // b.Log cuts after ten lines
	}
}

// turn is how long an engine runs before the next one takes its turn.
const turn = 10 * time.Millisecond

func compare(b *testing.B, n int) string {
	all, _ := requests(n)
	deciders := make([]decider, len(engines))
	times := make([]int, len(engines))
	best := make([]float64, len(engines)) // nanoseconds of one decision
	for i, e := range engines {
		deciders[i], best[i] = e.make(b, n, all), math.Inf(1)
		for times[i] = 64; measure(deciders[i], times[i], len(all)) < turn; times[i] *= 2 {
		}
	}
	for b.Loop() {
		for i, d := range deciders {
			best[i] = min(best[i], float64(measure(d, times[i], len(all)).Nanoseconds())/float64(times[i]))
		}
	}
	return report(b, n, deciders, best)
}

// measure returns how long the given number of decisions takes, going through the
// requests in order.
func measure(d decider, times, requests int) time.Duration {
	start := time.Now()
	for k := range times {
		d(k % requests)
	}
	return time.Since(start)
}

func report(b *testing.B, n int, deciders []decider, best []float64) string {
	var table strings.Builder
	t := tabwriter.NewWriter(&table, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(t, "\nengine, %d rules\tns\tof the table by hand\tpostern is\tallocs\t\n", n)
	for i, e := range engines {
		k := 0
		allocs := testing.AllocsPerRun(60, func() { deciders[i](k % 6); k++ })
		fmt.Fprintf(t, "%s\t%.0f\t%.1fx\t%.1fx\t%.0f\t\n", e.name, best[i], best[i]/best[0], best[i]/best[1], allocs)
	}
	if err := t.Flush(); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(best[1], "postern-ns")
	b.ReportMetric(best[2], "predicate-ns")
	return table.String()
}
