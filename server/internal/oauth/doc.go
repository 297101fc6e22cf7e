// Package oauth is the protocol core: clients, authorization requests, scopes,
// authorization codes, access tokens, open_ids and typed errors. Both dialects
// (Ham Connect, OpenMaster) call it, so that no rule is written twice. It knows
// no HTTP and no SQL; time comes in as an argument.
//
//	Parse ─▶ Request ─▶ Request.Check(Client)       the browser asks
//	                        │
//	                   a person approves
//	                        ▼
//	              NewCode ─▶ Code ─▶ Code.Redeem ─▶ Token     the client's server swaps
//	                                                  │
//	                                        Token.Usable ─▶ Claims
package oauth
