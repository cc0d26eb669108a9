package cost_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postern-project/postern/runtime/internal/wasmbin"
	"github.com/postern-project/postern/runtime/internal/wasmbin/cost"
)

var (
	searchFor = flag.Duration("search", 0, "search for so long instead of a few modules")
	searchOf  = flag.String("verdict", "", "a command that accepts the module on its standard input by ending with 0; it replaces the cost model")
	seed      = flag.Uint64("seed", 0, "repeat the random choices of the run that printed this seed")
)

// The search looks for modules that take more than the model says. It begins with the known
// bombs and finds, made so small that they are accepted, and for each kind of statement
// with a module that consists mostly of it. It continues from those that come closest to
// what the model promises: it changes how often each kind of statement stands in a module
// and how large everything is. What it measures are the processor time and the memory of
// the compiler, in a process of its own.

// quickSeconds is how many predicted seconds the short form compiles, which do not
// depend on how loaded the machine is.
const quickSeconds = 10

// A module breaks the promise if it takes this much more than predicted in the best of
// its measurements. On a machine that is busy, the processor time of the same work is up
// to twice as long, because caches and cores are shared.
const (
	timeAllowance   = 2
	memoryAllowance = 1.15
	leastSeconds    = 0.15 // below, the collector and the clock decide
	leastMiB        = 24
)

// candidate is a module of the search.
type candidate struct {
	kind      string
	genome    *genome // nil for a known bomb
	module    []byte
	predicted cost.Estimate
	measured  measured
	score     float64 // measured by predicted, or by the promise without a prediction
}

func (c *candidate) String() string {
	return fmt.Sprintf("%-46s %8d bytes: predicted %5.2f s of a processor, %4.0f MiB, took %5.2f s %4.0f MiB, %.2f of the prediction", c.kind, len(c.module),
		c.predicted.Processor, c.predicted.MiB, c.measured.Seconds, c.measured.MiB, c.score)
}

type search struct {
	random *rand.Rand
	target float64 // share of the limits that a module is fitted to
	best   map[string]*candidate
	all    []*candidate // the best ones, best first
}

// Any module that preflight accepts compiles within the promise.
func TestTM006SearchFindsNoDearModule(t *testing.T) {
	if testing.Short() && *searchFor == 0 {
		t.Skip("compiles for half a minute")
	}
	if runtime.GOARCH != "amd64" {
		t.Skip("the coefficients were measured on amd64")
	}
	if *seed == 0 {
		*seed = uint64(time.Now().UnixNano())
	}
	t.Logf("seed %d", *seed)
	s := &search{random: rand.New(rand.NewPCG(*seed, 6)), target: 1, best: map[string]*candidate{}}
	if *searchFor == 0 {
		s.target = 0.2
	}
	end, spent := time.Now().Add(*searchFor), 0.0
	more := func() bool {
		if *searchFor > 0 {
			return time.Now().Before(end)
		}
		return spent < quickSeconds
	}
	tried, begin := 0, s.begin()
	for ; more(); tried++ {
		c := s.next(begin, tried)
		if c == nil {
			continue
		}
		spent += max(c.predicted.Processor, 0.1)
		s.keep(c)
		if testing.Verbose() {
			t.Log(c)
		}
		if c.exceeds() && *searchOf == "" {
			t.Errorf("%v %s\n%+v", c, c.measured.Error, c.genome)
		}
	}
	s.report(t, tried)
	if *searchOf != "" {
		finds := 0
		for _, c := range s.best {
			if c.score > 1 {
				finds++
			}
		}
		t.Logf("%d of %d kinds have a module that takes more than %g s or %g MiB", finds, len(s.best), cost.Default.Seconds, cost.Default.MiB)
	}
}

// exceeds reports whether the module takes so much more than predicted that it breaks the
// promise.
func (c *candidate) exceeds() bool {
	m, p := c.measured, c.predicted
	return m.Error != "" || m.Seconds > leastSeconds && m.Seconds > timeAllowance*p.Processor || m.MiB > leastMiB && m.MiB > memoryAllowance*p.MiB
}

func (s *search) report(t *testing.T, tried int) {
	t.Logf("%d modules, %d kinds; the worst of each:", tried, len(s.best))
	all := make([]*candidate, 0, len(s.best))
	for _, c := range s.best {
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b *candidate) int { return strings.Compare(a.kind, b.kind) })
	for _, c := range all {
		t.Log(c)
	}
}

// begin returns what the search begins with, in random order; for another verdict, the
// known bombs first.
func (s *search) begin() []func() *candidate {
	var all []func() *candidate
	for _, b := range bombs {
		all = append(all, func() *candidate {
			return s.fit(b.name, func(size int) []byte { return b.module(float64(size) / 10_000).bytes() })
		})
	}
	for _, f := range finds {
		all = append(all, func() *candidate { return s.grow(f.name, f.genome) })
	}
	for _, kind := range statementNames {
		all = append(all, func() *candidate { return s.grow(kind, mostly(s.random, kind)) })
	}
	if *searchOf != "" {
		return all
	}
	s.random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all
}

// next returns the next module, measured. It returns nil if it is accepted at no size.
func (s *search) next(begin []func() *candidate, n int) (c *candidate) {
	switch {
	case n < len(begin):
		c = begin[n]()
	case len(s.all) < 4 || s.random.IntN(4) == 0:
		kind := statementNames[s.random.IntN(len(statementNames))]
		c = s.grow(kind, mostly(s.random, kind))
	default:
		parent := s.all[s.random.IntN(min(len(s.all), 8))]
		c = s.grow(parent.kind, mutated(s.random, *parent.genome))
	}
	if c == nil {
		return nil
	}
	if *searchOf != "" {
		c.measured = compileFor(c.module, 3*time.Second) // more than the limit is a find
		c.score = max(c.measured.Seconds/cost.Default.Seconds, c.measured.MiB/cost.Default.MiB)
		return c
	}
	c.measured = compile(c.module).again(c.module, c.predicted)
	if c.measured.Seconds > leastSeconds {
		c.score = c.measured.Seconds / c.predicted.Processor
	}
	if c.measured.MiB > leastMiB {
		c.score = max(c.score, c.measured.MiB/c.predicted.MiB)
	}
	return c
}

func (s *search) keep(c *candidate) {
	if b := s.best[c.kind]; b == nil || b.score < c.score {
		s.best[c.kind] = c
	}
	if c.genome == nil {
		return
	}
	s.all = append(s.all, c)
	slices.SortFunc(s.all, func(a, b *candidate) int {
		switch {
		case a.score > b.score:
			return -1
		case a.score < b.score:
			return 1
		}
		return 0
	})
	s.all = s.all[:min(len(s.all), 64)]
}

// grow finds about the largest size at which the module of a genome is accepted.
func (s *search) grow(kind string, g genome) *candidate {
	c := s.fit(kind, func(size int) []byte {
		g.Size = size
		return g.module()
	})
	if c != nil {
		c.genome = &g
	}
	return c
}

// fit finds about the largest size at which a module is accepted.
func (s *search) fit(kind string, module func(size int) []byte) *candidate {
	var best *candidate
	fits := func(size int) bool {
		b := module(size)
		if len(b) > 12<<20 {
			return false
		}
		e, ok := accepted(b, s.target)
		if ok {
			best = &candidate{kind: kind, module: b, predicted: e}
		}
		return ok
	}
	size := 8
	for fits(size) && size < 1<<20 {
		size *= 4
	}
	if best == nil {
		return nil
	}
	for low, high := size/4, size; high-low > low/12; {
		if mid := (low + high) / 2; fits(mid) {
			low = mid
		} else {
			high = mid
		}
	}
	return best
}

// accepted reports whether a module is accepted, at a share of the limits.
func accepted(b []byte, share float64) (cost.Estimate, bool) {
	if *searchOf != "" {
		c := exec.Command(*searchOf)
		c.Stdin = bytes.NewReader(b)
		return cost.Estimate{}, c.Run() == nil
	}
	m, err := wasmbin.Parse(b)
	if err != nil {
		panic(err) // the generator writes no such module
	}
	d := cost.Default
	e, err := wasmbin.Appraise(context.Background(), m, wasmbin.Limits{Compile: cost.Limits{Seconds: d.Seconds * share, MiB: d.MiB * share}})
	return e, err == nil
}

// mostOf returns how large a genome may be in what preflight limits by number. The
// limits of another verdict are wider.
func mostOf() struct{ arity, types int } {
	if *searchOf != "" {
		return struct{ arity, types int }{1000, 9000}
	}
	return struct{ arity, types int }{255, 9900}
}

// upTo returns a number from 1 to most; small ones are as likely as large ones.
func upTo(r *rand.Rand, most int) int {
	n := 1
	for n < most && r.IntN(3) > 0 {
		n *= 2
	}
	return min(most, n+r.IntN(n))
}

// mostly returns a genome in which one kind of statement is the most frequent.
func mostly(r *rand.Rand, kind string) genome {
	most := mostOf()
	g := genome{
		Weights: map[string]int{kind: 20},
		Locals:  1 + upTo(r, 3000), Used: upTo(r, 1000), Arity: upTo(r, most.arity), Globals: upTo(r, 900) - 1, Values: upTo(r, 250),
		Stack: upTo(r, 2000), Labels: upTo(r, 2000), Nest: 1 + upTo(r, 60), Functions: upTo(r, 100), Small: upTo(r, 10000) - 1,
		Bare: upTo(r, 20000) - 1, Types: upTo(r, most.types), Width: upTo(r, most.arity) - 1, Imports: upTo(r, 990) - 1, Exports: upTo(r, 9900) - 1,
		Elements: upTo(r, 100_000) - 1, Read: upTo(r, 3000) - 1, Seed: r.Uint64(),
	}
	if r.IntN(3) > 0 {
		g.Functions = 1
	}
	for _, n := range []*int{&g.Small, &g.Bare, &g.Types, &g.Imports, &g.Exports, &g.Elements} {
		if r.IntN(2) == 0 {
			*n = 0
		}
	}
	g.fitTypes()
	for range r.IntN(5) {
		g.Weights[statementNames[r.IntN(len(statementNames))]] += 1 + r.IntN(20)
	}
	return g
}

// mutated returns a genome that differs a little from g.
func mutated(r *rand.Rand, g genome) genome {
	weights := g.Weights
	g.Weights = map[string]int{}
	for k, w := range weights {
		g.Weights[k] = w
	}
	most := mostOf()
	sizes := []struct {
		of          *int
		least, most int
	}{
		{&g.Locals, 2, 20000}, {&g.Used, 1, 4000}, {&g.Arity, 1, most.arity}, {&g.Globals, 0, 990}, {&g.Values, 1, 255}, {&g.Stack, 1, 4000},
		{&g.Labels, 1, 20000}, {&g.Nest, 1, 400}, {&g.Functions, 1, 5000}, {&g.Small, 0, 40000}, {&g.Types, 0, most.types}, {&g.Read, 0, 20000},
		{&g.Bare, 0, 49_000}, {&g.Width, 0, most.arity}, {&g.Imports, 0, 990}, {&g.Exports, 0, 9900}, {&g.Elements, 0, 130_000},
	}
	for range 1 + r.IntN(3) {
		n := r.IntN(len(sizes) + 3)
		if n < len(sizes) {
			f := []float64{0.25, 0.5, 0.8, 1.25, 2, 4}[r.IntN(6)]
			s := sizes[n]
			*s.of = min(s.most, max(s.least, int(float64(*s.of)*f+0.5)))
			continue
		}
		g.Weights[statementNames[r.IntN(len(statementNames))]] = r.IntN(25) * r.IntN(2)
	}
	g.Weights["copy"] += 1 - min(1, len(g.Weights))
	g.Weights[statementNames[r.IntN(len(statementNames))]]++
	g.fitTypes()
	return g
}

// fitTypes keeps the parameters and results of all types within their limit, and the
// functions.
func (g *genome) fitTypes() {
	if *searchOf == "" {
		g.Types = min(g.Types, (200_000-2*g.Arity-2*g.Values-8)/max(g.Width, 1))
	}
	g.Bare = min(g.Bare, 49_990-g.Functions-g.Small)
}
