package runtime

import (
	"maps"
	"path/filepath"
)

// absFrom makes path absolute; a relative one is taken from dir. It checks nothing.
func absFrom(dir, path string) (string, error) {
	if filepath.IsAbs(path) {
		return path, nil
	}
	return filepath.Abs(filepath.Join(dir, path))
}

func allAbsFrom(dir string, files map[string]string) (map[string]string, error) {
	out := maps.Clone(files)
	for name, path := range files {
		full, err := absFrom(dir, path)
		if err != nil {
			return nil, err
		}
		out[name] = full
	}
	return out, nil
}
