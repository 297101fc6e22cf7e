package archive

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash"
)

// Hash adds up the rows of one table. Its zero value is not ready; see NewHash.
type Hash struct {
	rows int64
	sum  hash.Hash
	buf  []byte
}

// NewHash gives one that has seen no row.
func NewHash() *Hash { return &Hash{sum: sha256.New()} }

// Add takes a row: nil, int64, string or []byte in each column. Each value is
// written with its kind and length, so that no two rows are written alike.
func (h *Hash) Add(row []any) error {
	b := binary.BigEndian.AppendUint32(h.buf[:0], uint32(len(row)))
	for _, value := range row {
		switch v := value.(type) {
		case nil:
			b = append(b, 'n')
		case int64:
			b = binary.BigEndian.AppendUint64(append(b, 'i'), uint64(v))
		case string:
			b = append(binary.BigEndian.AppendUint64(append(b, 't'), uint64(len(v))), v...)
		case []byte:
			b = append(binary.BigEndian.AppendUint64(append(b, 'b'), uint64(len(v))), v...)
		default:
			return fmt.Errorf("a value is a %T, which no archive holds", value)
		}
	}
	h.buf = b
	h.rows++
	h.sum.Write(b)
	return nil
}

// Sum gives what was added up.
func (h *Hash) Sum(table string) Sum {
	return Sum{Table: table, Rows: h.rows, SHA256: hex.EncodeToString(h.sum.Sum(nil))}
}

// TotalOf adds up the tables.
func TotalOf(sums []Sum) Total {
	h, total := sha256.New(), Total{End: true}
	for _, s := range sums {
		fmt.Fprintf(h, "%s %d %s\n", s.Table, s.Rows, s.SHA256)
		total.Rows += s.Rows
	}
	total.SHA256 = hex.EncodeToString(h.Sum(nil))
	return total
}
