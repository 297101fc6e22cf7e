package archive

import (
	"bufio"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// maxLine bounds a row: the largest that a server stores is a picture, of one
// megabyte or so.
const maxLine = 64 << 20

// maxHeader bounds the first line, which is a few thousand bytes.
const maxHeader = 1 << 20

// Reader reads an archive, and says that it has ended only where all of it is
// as it was written.
type Reader struct {
	// Open gives a row as the server uses it.
	Open func(table string, row []any) ([]any, error)

	// Verify opens what Writer.Sign gave; nil where it is not sealed.
	Verify func(sum string, seal []byte) error

	summary Summary
	lines   *bufio.Reader
	long    []byte // a line that is longer than the buffer
	hash    *Hash
}

// NewReader reads the header.
func NewReader(r io.Reader) (*Reader, error) {
	zip, err := gzip.NewReader(bufio.NewReader(r))
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, gzip.ErrHeader):
		return nil, errors.New("this is no archive of 'ham export'")
	case err != nil:
		return nil, damage(err)
	}
	in := &Reader{
		Open:  func(_ string, row []any) ([]any, error) { return row, nil },
		lines: bufio.NewReaderSize(zip, 1<<16), hash: NewHash(),
	}
	line, err := in.line()
	if err != nil {
		return nil, err
	}
	var form struct {
		Format int `json:"ham_export"`
	}
	switch err := json.Unmarshal(line, &form); {
	case err != nil || form.Format == 0:
		return nil, errors.New("this is no archive of 'ham export'")
	case form.Format > Format:
		return nil, errors.New("the archive was made by a newer ham than this one: import it with that one")
	}
	if len(line) > maxHeader || strict(line, &in.summary.Header) != nil {
		return nil, fmt.Errorf("%w: its beginning cannot be read", ErrDamaged)
	}
	return in, nil
}

// Header gives what stands at the beginning.
func (r *Reader) Header() Header { return r.summary.Header }

// Summary gives what was read, once Next has given io.EOF.
func (r *Reader) Summary() Summary { return r.summary }

// Next gives the next row and the table that it belongs to; io.EOF after the
// last one, if the archive is whole.
func (r *Reader) Next() (table Table, row []any, err error) {
	for len(r.summary.Sums) < len(r.summary.Tables) {
		table := r.summary.Tables[len(r.summary.Sums)]
		line, err := r.line()
		if err != nil {
			return table, nil, err
		}
		if line[0] == '[' {
			row, err := r.row(table, line)
			return table, row, err
		}
		var told Sum
		if err := strict(line, &told); err != nil {
			return table, nil, fmt.Errorf("%w: in table %s there is a line that is no row", ErrDamaged, table.Name)
		}
		if sum := r.hash.Sum(table.Name); told != sum || sum.Rows != table.Rows {
			return table, nil, fmt.Errorf("%w: the checksum or the number of rows of table %s is another", ErrDamaged, table.Name)
		}
		r.summary.Sums, r.hash = append(r.summary.Sums, told), NewHash()
	}
	if r.summary.Total.End {
		return Table{}, nil, io.EOF
	}
	return Table{}, nil, r.end()
}

func (r *Reader) row(table Table, line []byte) ([]any, error) {
	row, err := parseRow(line)
	if err != nil || len(row) != len(table.Columns) {
		return nil, fmt.Errorf("%w: a row of table %s cannot be read", ErrDamaged, table.Name)
	}
	if row, err = r.Open(table.Name, row); err != nil {
		return nil, err
	}
	return row, r.hash.Add(row)
}

// end reads the last line, and that nothing comes after it; gzip's own
// checksum is looked at there.
func (r *Reader) end() error {
	line, err := r.line()
	if err != nil {
		return err
	}
	var told Total
	sum := TotalOf(r.summary.Sums)
	if err := strict(line, &told); err != nil || !told.End || told.Rows != sum.Rows || told.SHA256 != sum.SHA256 {
		return fmt.Errorf("%w: the checksum of the whole is another", ErrDamaged)
	}
	if r.Verify != nil && r.Verify(told.SHA256, told.Seal) != nil {
		return fmt.Errorf("%w: its seal is not by the key file", ErrDamaged)
	}
	if _, err := r.lines.ReadByte(); !errors.Is(err, io.EOF) {
		if err != nil {
			return damage(err)
		}
		return fmt.Errorf("%w: something follows its end", ErrDamaged)
	}
	r.summary.Total = told
	return io.EOF
}

// line gives a line, which holds until the next one.
func (r *Reader) line() ([]byte, error) {
	r.long = r.long[:0]
	for {
		part, err := r.lines.ReadSlice('\n')
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			if r.long = append(r.long, part...); len(r.long) > maxLine {
				return nil, fmt.Errorf("%w: a line is longer than any row", ErrDamaged)
			}
			continue
		case errors.Is(err, io.EOF):
			return nil, damage(io.ErrUnexpectedEOF)
		case err != nil:
			return nil, damage(err)
		}
		if len(r.long) > 0 {
			r.long = append(r.long, part...)
			return r.long, nil
		}
		return part, nil
	}
}

// damage words what gzip says.
func damage(err error) error {
	var corrupt flate.CorruptInputError
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("%w: it ends too early, as if it was cut off", ErrDamaged)
	case errors.As(err, &corrupt), errors.Is(err, gzip.ErrChecksum), errors.Is(err, gzip.ErrHeader):
		return fmt.Errorf("%w: some bytes are not those that were written", ErrDamaged)
	}
	return fmt.Errorf("reading the archive: %w", err)
}

func strict(line []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(line))
	decoder.DisallowUnknownFields()
	return decoder.Decode(into)
}
