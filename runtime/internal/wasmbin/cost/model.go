package cost

import "math"

// Type is the number of parameters and results of a signature.
type Type struct{ Params, Results int }

// Module is what the model knows of a metered module besides its bodies.
type Module struct {
	Types     []Type
	Functions []uint32 // the type of every function, imports first
	Defined   int      // functions with a body
	Globals   int
	Mutable   int // mutable globals
	Exports   int
	Items     int // segments, and elements of all segments
	Bytes     int // size of the module
}

// Body describes the code of one function.
type Body struct {
	Index   uint32 // of the function, for Estimate.Function
	Type    uint32
	Locals  uint64 // declared ones, without parameters
	Private int    // the last of them, which no path carries from one basic block to another
}

// Limits are what a compile may take. A field that is zero does not limit.
type Limits struct {
	Seconds  float64 // on as many processors as there are Workers
	MiB      float64 // of memory
	Function float64 // seconds of the most expensive function
}

// The limits of Postern. A compile can only stop between two functions, so the most
// expensive function bounds by how much it overruns a deadline.
var (
	Default = Limits{Seconds: 2, MiB: 512, Function: 2}
	Large   = Limits{Seconds: 120, MiB: 1200, Function: 12}
)

// Workers is how many functions the engine compiles at a time. Each worker keeps the
// memory of the largest function that it has compiled.
const Workers = 2

// Estimate is what a compile takes at most.
type Estimate struct {
	Seconds         float64 // on as many processors as there are Workers
	Processor       float64 // seconds of processor time
	MiB             float64 // of memory
	Function        uint32  // the most expensive function
	FunctionSeconds float64 // what it takes
	Largest         uint32  // the function with the most memory
	LargestMiB      float64 // what it takes
	Partial         bool    // the model stopped early, because a limit was exceeded
}

// Within reports whether e is within the limits.
func (e Estimate) Within(l Limits) bool {
	under := func(have, limit float64) bool { return limit == 0 || have <= limit }
	return !e.Partial && under(e.Seconds, l.Seconds) && under(e.MiB, l.MiB) && under(e.FunctionSeconds, l.Function)
}

// Model adds up the cost of one module.
type Model struct {
	module Module
	stop   Limits
	slots  float64 // of all types
	body   Body    // of the function that began
	walk   walker

	sum      work
	tops     [Workers]work
	kept     kept
	function struct {
		dearest, largest uint32
		seconds, bytes   float64
		shared           float64 // the largest part of the seconds that workers share
	}
	stopped bool
}

// kept is what a compiler keeps of a large function and goes through again for each
// later one.
type kept struct{ blocks, entries, visits float64 }

// New returns a model for a module. It stops where stop is exceeded.
func New(m Module, stop Limits) *Model {
	model := &Model{module: m, stop: stop}
	for _, t := range m.Types {
		model.slots += float64(t.Params + t.Results + 8)
	}
	model.walk.model = model
	return model
}

// Begin begins a function. Its code follows by Extend and End.
func (m *Model) Begin(b Body) {
	m.body = b
	m.walk.reset(b)
}

// Extend weighs the code of the function that began, of which there is so much now: what
// the last call got, and whole instructions after it. It reports false once a limit is
// exceeded: the module is then refused, whatever follows.
func (m *Model) Extend(code []byte) bool {
	if !m.stopped && !m.walk.run(code) {
		m.add()
		m.stopped = true
	}
	return !m.stopped
}

// End is Extend for the whole code of the function, with the final end.
func (m *Model) End(code []byte) bool {
	if !m.Extend(code) {
		return false
	}
	m.walk.finish()
	m.add()
	m.stopped = m.walk.over() || !m.Estimate().Within(m.stop)
	return !m.stopped
}

// add adds what was walked of the function.
func (m *Model) add() {
	k := &m.walk
	m.sum.add(&k.work)
	m.keepTops(&k.work)
	m.kept.blocks = max(m.kept.blocks, k.work[blocks])
	m.kept.entries = max(m.kept.entries, float64(k.defined))
	m.kept.visits += 2*m.kept.blocks + 0.3*m.kept.entries
	if s := k.work.seconds(); s > m.function.seconds {
		m.function.seconds, m.function.dearest = s, m.body.Index
	}
	m.function.shared = max(m.function.shared, k.work.shared())
	if s := k.work.bytes(); s > m.function.bytes {
		m.function.bytes, m.function.largest = s, m.body.Index
	}
}

// keepTops keeps the largest amounts of each feature, one for each worker.
func (m *Model) keepTops(w *work) {
	for f, v := range w {
		for i := range m.tops {
			if v > m.tops[i][f] {
				v, m.tops[i][f] = m.tops[i][f], v
			}
		}
	}
}

// Estimate returns the cost of what was added.
func (m *Model) Estimate() Estimate {
	all, n := float64(len(m.module.Functions)), float64(m.module.Defined)
	alone := 0.03 + 1e-9*(m.slots*slotTime+all*float64(m.module.Exports)*exportTime+float64(m.module.Items)*itemTime)
	// Before each function the compiler goes through all types, equal ones too, and
	// through all imports and globals.
	lists := float64(len(m.module.Types))*typeTime + (all-n)*importTime + float64(m.module.Globals)*globalTime
	shared := 1e-9 * (n*lists + m.kept.visits*keptTime)
	b := 10e6 + m.slots*slotBytes + float64(m.module.Bytes)*byteBytes
	for f := range m.sum {
		c := &coefficients[f]
		alone += 1e-9 * c.timeTop * m.tops[0][f]
		shared += 1e-9 * c.time * m.sum[f]
		b += c.bytes * m.sum[f]
		for i := range m.tops {
			b += c.bytesTop * m.tops[i][f]
		}
	}
	// One worker may begin the most expensive function when the other has nothing left to do.
	last := (shared-m.function.shared)/Workers + m.function.shared
	return Estimate{
		Seconds: timeMargin * (alone + last), Processor: timeMargin * (alone + shared), MiB: bytesMargin * b / (1 << 20),
		Function: m.function.dearest, FunctionSeconds: m.function.seconds,
		Largest: m.function.largest, LargestMiB: m.function.bytes / (1 << 20),
		Partial: m.stopped,
	}
}

// feature is an amount that the work of the compiler grows with.
type feature int

const (
	code       feature = iota // instructions, weighted
	checking                  // operands that the engine checks
	skipped                   // instructions that cannot be reached
	moves                     // values that functions and calls take and return
	reload                    // mutable globals that are loaded again after calls
	live                      // values that are live into basic blocks
	inherited                 // values that basic blocks take over from loops before them
	bounds                    // addresses that are known to be safe, over basic blocks
	depth                     // steps up the dominator tree, over edges
	preds                     // squares of the branches to one label
	lookup                    // basic blocks that look-ups of locals pass
	merged                    // values that are merged where paths join, times the paths
	mergeSteps                // squares of them, times the paths and the rounds
	aliases                   // steps along chains of aliases
	blocks                    // basic blocks
	imports                   // imports before the one that is called
	features
)

// work is the amount of each feature.
type work [features]float64

func (w *work) add(v *work) {
	for f := range w {
		w[f] += v[f]
	}
}

// seconds is what compiling one function takes by itself.
func (w *work) seconds() float64 {
	s := 0.0
	for f := range w {
		s += (coefficients[f].time + coefficients[f].timeTop) * w[f]
	}
	return timeMargin * 1e-9 * s
}

// shared is the part of the seconds that grows with the sum over all functions.
func (w *work) shared() float64 {
	s := 0.0
	for f := range w {
		s += coefficients[f].time * w[f]
	}
	return 1e-9 * s
}

func (w *work) bytes() float64 {
	b := 0.0
	for f := range w {
		b += (coefficients[f].bytes + coefficients[f].bytesTop) * w[f]
	}
	return bytesMargin * b
}

// The coefficients, in nanoseconds and bytes: for each unit in all functions, and once
// more for the units of the function that has the most. They were fitted to measured
// compiles, and raised where a search found modules that were worse.
var coefficients = [features]struct{ time, timeTop, bytes, bytesTop float64 }{
	code:       {time: 430, timeTop: 900, bytes: 16, bytesTop: 760},
	checking:   {time: 25},
	skipped:    {time: 70},
	moves:      {time: 100, timeTop: 790, bytes: 10, bytesTop: 420},
	reload:     {time: 140, timeTop: 210, bytesTop: 200},
	live:       {time: 95, timeTop: 130, bytesTop: 36},
	inherited:  {time: 12, bytesTop: 8},
	bounds:     {time: 5, bytesTop: 4},
	depth:      {time: 9, bytesTop: 0.13},
	preds:      {time: 0.7},
	lookup:     {time: 205, bytesTop: 21.5},
	merged:     {time: 20, timeTop: 150, bytesTop: 117},
	mergeSteps: {time: 2.1},
	aliases:    {time: 2.7},
	blocks:     {bytesTop: 300},
	imports:    {time: 3},
}

const (
	slotTime, slotBytes = 810, 66 // a parameter or result of a type
	byteBytes           = 7       // a byte of the module
	typeTime            = 23      // a type, for each function
	importTime          = 5       // an import, for each function
	globalTime          = 11      // a global, for each function
	exportTime          = 1.2     // an export, for each function
	itemTime            = 300     // an element or a segment
	keptTime            = 3
	timeMargin          = 1.1
	bytesMargin         = 1.3
)

// unbounded stands for the depth of a label that no branch has reached yet.
const unbounded = math.MaxInt32

// Units of a look-up: one is a basic block at which paths join, or its like.
const (
	joinWeight  = 6   // a join
	pathWeight  = 0.6 // a path to it
	chainWeight = 0.4 // a basic block with one path to it
)
