package store

import (
	"errors"

	"hamconnect/server/internal/archive"
)

// keyTable has the names of the server's keys in its first column, and the keys
// in its second.
const keyTable = "server_keys"

// onArchive has an archive that is written, or read, hold the server's keys
// sealed, if its header says so, and its checksum too.
func (s *KeySeal) onArchive(header archive.Header, out *archive.Writer, in *archive.Reader) {
	if !header.Sealed {
		s = nil
	}
	about := "archive " + header.ID
	if out != nil {
		out.Seal = func(table string, row []any) []any {
			if table != keyTable {
				return row
			}
			return s.closeRow(row)
		}
		if s != nil {
			out.Sign = func(sum string) []byte { return s.close(about, []byte(sum)) }
		}
	}
	if in != nil {
		in.Open = func(table string, row []any) ([]any, error) {
			if table != keyTable {
				return row, nil
			}
			opened, err := s.openRow(row)
			if errors.Is(err, ErrKeySeal) {
				err = errors.New("the keys in the archive were sealed with another key file than the one given")
			}
			return opened, err
		}
		if s != nil {
			in.Verify = func(sum string, seal []byte) error {
				text, err := s.aead.Open(nil, nil, seal, []byte(about))
				if err != nil || string(text) != sum {
					return ErrKeySeal
				}
				return nil
			}
		}
	}
}

// closeRow seals the key in a row, and openRow opens it.
func (s *KeySeal) closeRow(row []any) []any {
	return []any{row[0], s.close(row[0].(string), row[1].([]byte))}
}

func (s *KeySeal) openRow(row []any) ([]any, error) {
	name, named := row[0].(string)
	stored, ok := row[1].([]byte)
	if !named || !ok {
		return nil, errors.New("the server's keys cannot be read")
	}
	key, err := s.open(name, stored)
	if err != nil {
		return nil, err
	}
	return []any{name, key[:]}, nil
}
