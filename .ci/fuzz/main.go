package main

import (
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/postern-project/postern/ci/internal/git"
)

// most is how many targets run at most without -all.
const most = 12

type options struct {
	all, list   bool
	each, total time.Duration
}

func main() {
	var o options
	flag.BoolVar(&o.all, "all", false, "run all targets, not only those whose code changed")
	flag.BoolVar(&o.list, "list", false, "print the targets that would run")
	flag.DurationVar(&o.each, "time", 10*time.Second, "how long each target runs")
	flag.DurationVar(&o.total, "total", 0, "run time of all targets together, builds excluded; replaces -time")
	flag.Parse()
	if err := do(o); err != nil {
		fmt.Fprintln(os.Stderr, "fuzz:", err)
		os.Exit(1)
	}
}

func do(o options) error {
	repo, err := git.Top(".")
	if err != nil {
		return err
	}
	all, err := packages(repo)
	if err != nil {
		return err
	}
	chosen, left, err := selection(repo, all, o.all)
	if err != nil {
		return err
	}
	for _, t := range left {
		fmt.Println("left to the long tier:", t)
	}
	if o.list {
		for _, t := range chosen {
			fmt.Println("would run:", t)
		}
		return nil
	}
	return fuzzAll(repo, chosen, o)
}

// selection returns the targets to run and those that are left out. It prints why.
func selection(repo git.Repo, all []*pkg, everything bool) (chosen, left []target, err error) {
	if everything {
		return inTurn(all), nil, nil
	}
	commit, ok := base(repo)
	if !ok {
		fmt.Println("fuzz: this clone lacks the history to compare with; running a fixed choice of targets")
		chosen, left = cut(inTurn(all), most)
		return chosen, left, nil
	}
	files, err := changedFiles(repo, commit)
	if err != nil {
		return nil, nil, err
	}
	chosen, left = cut(choose(all, changedPackages(all, files)), most)
	fmt.Printf("fuzz: the code of %d targets changed since %.12s\n", len(chosen)+len(left), commit)
	return chosen, left, nil
}

func fuzzAll(repo git.Repo, chosen []target, o options) error {
	if len(chosen) == 0 {
		return nil
	}
	if o.total > 0 {
		turns := (len(chosen) + atOnce - 1) / atOnce
		o.each = (o.total / time.Duration(turns)).Truncate(time.Second)
	}
	fmt.Printf("%d targets, %v each\n", len(chosen), o.each)
	outcomes, err := run(repo, chosen, o.each)
	if err != nil {
		return err
	}
	failed, err := table(os.Stdout, outcomes)
	if err == nil && failed > 0 {
		err = fmt.Errorf("%d of %d targets failed", failed, len(chosen))
	}
	return err
}
