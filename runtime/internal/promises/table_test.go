package promises_test

import (
	"cmp"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	goruntime "runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

var (
	long = flag.Bool("long", false, "run the long form")
	// ceilinged is set in the processes that TestP5MemoryCeiling starts.
	ceilinged = flag.Bool("ceiling", false, "open few modules at a time, for a process whose memory is limited")

	only = flag.String("beside", "", "measure beside these attacks only, by their names with commas between them")
	seed = flag.Uint64("seed", 0, "repeat the random choices of the run that printed this seed")
)

// figures are the lines that a run prints.
var figures struct {
	sync.Mutex
	lines []string
}

// figure adds one line to the figures.
func figure(promise, format string, args ...any) {
	figures.Lock()
	defer figures.Unlock()
	figures.lines = append(figures.lines, fmt.Sprintf("%-4s %s", promise, fmt.Sprintf(format, args...)))
}

func TestMain(m *testing.M) {
	flag.Parse()
	if *seed == 0 {
		*seed = uint64(time.Now().UnixNano())
	}
	start := time.Now()
	code := m.Run()
	form := "short"
	if *long {
		form = "long"
	}
	fmt.Printf("promises, %s form: seed %d, %s/%s, %d processors, load %s, %s, %s\n", form, *seed, goruntime.GOOS,
		goruntime.GOARCH, goruntime.GOMAXPROCS(0), load(), goruntime.Version(), time.Since(start).Round(time.Second))
	for _, line := range figures.lines {
		fmt.Println(line)
	}
	os.Exit(code)
}

// load returns how busy the machine is, since figures of time depend on it.
func load() string {
	b, _ := os.ReadFile("/proc/loadavg")
	first, _, _ := strings.Cut(string(b), " ")
	return cmp.Or(first, "unknown")
}

// source returns random numbers that depend only on the seed and the name.
func source(name string) *rand.Rand {
	h := uint64(14695981039346656037)
	for _, c := range []byte(name) {
		h = (h ^ uint64(c)) * 1099511628211
	}
	return rand.New(rand.NewPCG(*seed, h))
}

// times returns how often to do something.
func times(short, inLong int) int {
	if *long {
		return inLong
	}
	return short
}
