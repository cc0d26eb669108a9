package file

import "os"

// ReadNames lets f read the names of folders with read.
func (f *Files) ReadNames(read func(open *os.File, n int) ([]string, error)) { f.readNames = read }
