package archive

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
)

// Writer writes an archive: a header, then each table's rows and its end, then
// Close.
type Writer struct {
	// Seal gives a row as the archive holds it.
	Seal func(table string, row []any) []any

	// Sign seals the checksum of the whole; nil where it is not sealed.
	Sign func(sum string) []byte

	zip     *gzip.Writer
	lines   *bufio.Writer
	summary Summary
	hash    *Hash // of the table that is being written
	buf     []byte
}

// NewWriter writes the header.
func NewWriter(w io.Writer, header Header) (*Writer, error) {
	zip, err := gzip.NewWriterLevel(w, gzip.BestSpeed) // most of it is random
	if err != nil {
		return nil, err
	}
	zip.Comment = Comment
	out := &Writer{
		Seal: func(_ string, row []any) []any { return row },
		zip:  zip, lines: bufio.NewWriterSize(zip, 1<<16), summary: Summary{Header: header}, hash: NewHash(),
	}
	return out, out.line(header)
}

func (w *Writer) line(v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = w.lines.Write(append(text, '\n'))
	return err
}

// table is the one that is being written.
func (w *Writer) table() Table { return w.summary.Tables[len(w.summary.Sums)] }

// Row writes a row of the table whose turn it is.
func (w *Writer) Row(row []any) (err error) {
	if err := w.hash.Add(row); err != nil {
		return fmt.Errorf("table %s: %w", w.table().Name, err)
	}
	if w.buf, err = appendRow(w.buf[:0], w.Seal(w.table().Name, row)); err != nil {
		return err
	}
	_, err = w.lines.Write(w.buf)
	return err
}

// EndTable ends the table whose turn it is.
func (w *Writer) EndTable() error {
	table, sum := w.table(), w.hash.Sum(w.table().Name)
	if sum.Rows != table.Rows {
		return fmt.Errorf("table %s has %d rows, and not %d", table.Name, sum.Rows, table.Rows)
	}
	w.summary.Sums, w.hash = append(w.summary.Sums, sum), NewHash()
	return w.line(sum)
}

// Close ends the archive.
func (w *Writer) Close() (Summary, error) {
	w.summary.Total = TotalOf(w.summary.Sums)
	if w.Sign != nil {
		w.summary.Total.Seal = w.Sign(w.summary.Total.SHA256)
	}
	if err := w.line(w.summary.Total); err != nil {
		return Summary{}, err
	}
	if err := w.lines.Flush(); err != nil {
		return Summary{}, err
	}
	return w.summary, w.zip.Close()
}
