package main

import "testing"

func TestAnAddressIsShownWithoutItsSecrets(t *testing.T) {
	for address, want := range map[string]string{
		"postgres://ham:hunter2@db/ham":                    "postgres://ham:xxxxx@db/ham",
		"postgres://ham@db/ham?password=hunter2":           "postgres://ham@db/ham",
		"nats://bus:4222":                                  "nats://bus:4222",
		"nats://ham:hunter2@bus:4222":                      "nats://ham:xxxxx@bus:4222",
		"nats://hunter2@bus:4222":                          "nats://xxxxx@bus:4222",
		"tls://hunter2@a:4222,tls://ham:hunter2@b":         "tls://xxxxx@a:4222,tls://ham:xxxxx@b",
		"host=db password=hunter2":                         "an address that cannot be read",
		"postgres://ham:hunter2@a,b/ham?sslmode=verify-ca": "postgres://ham:xxxxx@a,b/ham",
	} {
		if got := withoutPassword(address); got != want {
			t.Errorf("%s is shown as %s, want %s", address, got, want)
		}
	}
}
