package bench

import "fmt"

// files are how many a run will have open, sockets among them.
type files struct {
	needed int
	what   string
}

// spare are those of the program itself.
const spare = 64

func (f files) check() error {
	most, known := mostFiles()
	if !known || uint64(f.needed+spare) <= most {
		return nil
	}
	return fmt.Errorf("%s want %d open files, and this process may open %d: allow more (ulimit -n %d, or LimitNOFILE= of a systemd unit), "+
		"give a smaller number, or run several ham bench side by side; the server needs as many", f.what, f.needed+spare, most, f.needed+spare)
}
