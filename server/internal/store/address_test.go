package store_test

import (
	"strings"
	"testing"

	"hamconnect/server/internal/store"
)

func TestAnAddressThatCannotBeUsedIsToldApart(t *testing.T) {
	seal := store.NewKeySeal([]byte("0123456789abcdef0123456789abcdef"))
	for address, want := range map[string]string{
		"host=db user=ham password=hunter2":                                   "must look like",
		"mysql://ham:hunter2@db/ham":                                          "must look like",
		"postgres://ham:hunter2/x@db/ham":                                     "%2F",
		"postgres://ham:hunter2%x@db/ham":                                     "%25",
		"postgres://ham:hunter2@db/ham?sslmode=verify-ful":                    "sslmode",
		"postgres://ham:hunter2@db/ham?sslmode=verify-full&sslrootcert=/none": "sslrootcert",
	} {
		db, err := store.OpenPostgres(t.Context(), address, seal, nil)
		if err == nil {
			_ = db.Close()
			t.Fatalf("%s was opened", address)
		}
		if !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", address, err)
		}
	}
}
