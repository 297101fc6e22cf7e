// Package archive is the file in which a provider's data travel from one
// database to another: a gzip stream of JSON lines.
//
//	{"ham_export": 1, "id": …, "tables": [{"name": "users", …}, …]}
//	["a row", 1, null, {"bytes": "base64"}]     in the order of the primary key
//	{"table": "users", "rows": 1, "sha256": …}  after each table's rows
//	{"end": true, "rows": 1, "sha256": …}       without it the archive is cut off
//
// Checksums are over the values, however JSON or a database writes them down,
// and over keys as the server uses them, however they are sealed: the same data
// have the same checksums wherever they are.
package archive

import (
	"crypto/rand"
	"errors"
	"time"
)

// Format is the version of the form above.
const Format = 1

// Comment stands in the gzip header of each archive.
const Comment = "ham export"

// ErrDamaged says that an archive is not as it was written.
var ErrDamaged = errors.New("the archive is damaged")

// Header begins an archive.
type Header struct {
	Format int       `json:"ham_export"`
	ID     string    `json:"id"` // random: which archive an unfinished import goes on with
	Schema int64     `json:"schema"`
	Made   time.Time `json:"made_at"`
	Sealed bool      `json:"keys_sealed"`
	Tables []Table   `json:"tables"` // those that others refer to come first
}

// Table is one of a database.
type Table struct {
	Name    string   `json:"name"`
	Columns []string `json:"columns"`
	Rows    int64    `json:"rows"`
}

// Sum is what a table's rows add up to.
type Sum struct {
	Table  string `json:"table"`
	Rows   int64  `json:"rows"`
	SHA256 string `json:"sha256"`
}

// Total is what all tables add up to.
type Total struct {
	End    bool   `json:"end"`
	Rows   int64  `json:"rows"`
	SHA256 string `json:"sha256"`
	Seal   []byte `json:"seal,omitempty"` // of the checksum, where keys are sealed: who has no key file cannot change the archive
}

// Summary is what an archive holds, once all of it was written or read.
type Summary struct {
	Header
	Sums  []Sum
	Total Total
}

// NewHeader is that of a new archive; its tables are still to come.
func NewHeader(made time.Time, schema int64, sealed bool) Header {
	return Header{Format: Format, ID: rand.Text(), Schema: schema, Made: made.UTC().Truncate(time.Second), Sealed: sealed}
}

// Rows gives how many the archive holds in all.
func (h Header) Rows() (n int64) {
	for _, t := range h.Tables {
		n += t.Rows
	}
	return n
}
