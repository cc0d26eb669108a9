package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/postern-project/postern/ci/internal/git"
)

// area is one area of the long tier.
type area struct {
	name  string
	paths []string // as git's pathspecs, from the top of the repository
}

// areas reads .ci/areas. Each line holds an area and its paths; "#" starts a comment.
func areas(repo git.Repo) ([]area, error) {
	text, err := os.ReadFile(filepath.Join(string(repo), ".ci", "areas"))
	if err != nil {
		return nil, err
	}
	var all []area
	for line := range strings.Lines(string(text)) {
		line, _, _ = strings.Cut(line, "#")
		words := strings.Fields(line)
		switch len(words) {
		case 0:
		case 1:
			return nil, fmt.Errorf(".ci/areas: area %s has no paths", words[0])
		default:
			all = append(all, area{words[0], words[1:]})
		}
	}
	return all, nil
}

// awaited returns why areas have no table yet, by area, from .ci/areas.untested. Each
// line holds an area and the reason; "#" starts a comment. Each must be one of the areas.
func awaited(repo git.Repo, all []area) (map[string]string, error) {
	const name = ".ci/areas.untested"
	text, err := os.ReadFile(filepath.Join(string(repo), filepath.FromSlash(name)))
	if err != nil && !os.IsNotExist(err) {
		return nil, err
	}
	reasons := map[string]string{}
	for line := range strings.Lines(string(text)) {
		line, _, _ = strings.Cut(line, "#")
		of, reason, _ := strings.Cut(strings.TrimSpace(line), " ")
		if of == "" {
			continue
		}
		if reason = strings.TrimSpace(reason); reason == "" {
			return nil, fmt.Errorf("%s: area %s has no reason", name, of)
		}
		if !slices.ContainsFunc(all, func(a area) bool { return a.name == of }) {
			return nil, fmt.Errorf("%s: .ci/areas has no area %s", name, of)
		}
		reasons[of] = reason
	}
	return reasons, nil
}

// header is the first line of a table.
var header = regexp.MustCompile(`^# ([a-z]+): commit ([0-9a-f]{40}), \d{4}-\d{2}-\d{2}`)

// tested returns the commit that the table of an area names.
func (a area) tested(repo git.Repo) (commit string, err error) {
	name := "testdata/long/" + a.name + ".txt"
	text, err := os.ReadFile(filepath.Join(string(repo), filepath.FromSlash(name)))
	if os.IsNotExist(err) {
		return "", fmt.Errorf("%s: %w: run .ci/long %s", name, errMissing, a.name)
	}
	if err != nil {
		return "", err
	}
	match := header.FindStringSubmatch(string(text))
	if match == nil || match[1] != a.name {
		return "", fmt.Errorf("%s does not begin with \"# %s: commit HASH, YYYY-MM-DD\"", name, a.name)
	}
	return match[2], nil
}
