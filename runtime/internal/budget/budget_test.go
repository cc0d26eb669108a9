package budget_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/postern-project/postern/runtime/internal/budget"
)

// In no stretch more is spent than the budget has, and after a stretch and a tenth all of
// it can be spent again, whatever the clock did before.
func TestTM004BudgetHoldsInEachStretch(t *testing.T) {
	t.Parallel()
	const most, stretch = 1000, 10 * time.Minute
	type payment struct {
		at time.Time
		n  int64
	}
	for seed := range uint64(50) {
		r := rand.New(rand.NewPCG(seed, 1))
		b := budget.New(most, stretch)
		now := time.Unix(r.Int64N(4e9)-2e9, r.Int64N(1e9))
		var all []payment
		for range 2000 {
			now = now.Add(time.Duration(r.Int64N(int64(90 * time.Second))))
			if r.IntN(50) == 0 {
				now = now.Add(time.Duration(r.Int64N(int64(time.Hour))))
			}
			n := r.Int64N(most/2) + 1
			if !b.Spend(n, now) {
				continue
			}
			all = append(all, payment{now, n})
			sum := int64(0)
			for i := len(all) - 1; i >= 0 && now.Sub(all[i].at) < stretch; i-- {
				sum += all[i].n
			}
			if sum > most {
				t.Fatalf("seed %d: %d of %d were spent within %v", seed, sum, most, stretch)
			}
		}
		for _, jump := range []time.Duration{0, -time.Hour, 365 * 24 * time.Hour, -365 * 24 * time.Hour} {
			now = now.Add(jump)
			for b.Spend(1, now) {
			}
			now = now.Add(stretch + time.Minute)
			if !b.Spend(most, now) {
				t.Errorf("seed %d: a stretch after a jump of %v the budget is not there again", seed, jump)
			}
		}
	}
}

// What is given back is taken from what was spent last, also in steps before.
func TestRefund(t *testing.T) {
	t.Parallel()
	b, now := budget.New(100, 100*time.Second), time.Unix(1_800_000_000, 0)
	if !b.Spend(60, now) || !b.Spend(40, now.Add(10*time.Second)) || b.Spend(1, now.Add(10*time.Second)) {
		t.Fatal("the budget is not spent")
	}
	b.Refund(70)
	if b.Spend(71, now.Add(20*time.Second)) || !b.Spend(70, now.Add(20*time.Second)) {
		t.Error("70 were given back")
	}
	b.Refund(1000)
	if b.Spend(101, now.Add(30*time.Second)) || !b.Spend(100, now.Add(30*time.Second)) {
		t.Error("more was given back than was spent")
	}
}
