package childproc

import "os"

// OpenPTY returns both ends of a pseudo-terminal with the settings of like.
func OpenPTY(like *os.File) (master, slave *os.File, err error) {
	p, slave, err := openPTY(nil, like, nil)
	if err != nil {
		return nil, nil, err
	}
	return p.master, slave, nil
}
