package openapi

import (
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"tongbao/internal/refusal"
)

// The console is the platform seen by those who run it. Whoever signs in there
// sees everything, an auditor too; nothing here changes anything but running a
// job. What operators may do to a payment or a dispute is with those.
func (s *Server) registerConsole(api huma.API) {
	const tag = "Console"
	get := func(id, path, summary, doc string, codes ...refusal.Code) op {
		return op{ID: id, Path: "/v1/console" + path, Tag: tag, Who: operator, Summary: summary, Doc: doc, Codes: codes}
	}
	add(api, get("search", "/search", "Find whatever it is", "A phone, a name, a party's, payment's or account's id, an order number, a command's id or position, and the ids of refunds, disputes, transfers, top-ups, withdrawals, holds and events.", refusal.MissingField), s.search)
	add(api, get("get-person", "/people/{id}", "Look at a person", "", refusal.NotFound), s.getPerson)
	add(api, get("get-merchant-file", "/merchants/{id}", "Look at a merchant", "", refusal.NotFound), s.getMerchantFile)
	add(api, get("get-account-file", "/accounts/{id}", "Look at an account", "With its limits and its open holds.", refusal.AccountNotFound), s.getAccountFile)
	add(api, get("list-account-entries", "/entries", "An account's entries", "Each with the command that made it.", refusal.AccountNotFound, refusal.InvalidCursor, refusal.MissingField), s.listAccountEntries)
	add(api, get("get-command", "/commands/{id}", "Look at a command", "By its id or its position in the journal: what was asked, by whom, in which request, and all that came of it.", refusal.NotFound), s.getCommand)
	add(api, get("list-jobs", "/jobs", "What is due, under way or failing", ""), s.listJobs)
	add(api, op{ID: "run-job", Method: http.MethodPost, Path: "/v1/console/jobs/{id}/run", Tag: tag, Who: operator, Summary: "Run a job now",
		Doc: "An admin's act. What must not happen before its time doesn't.", Codes: []refusal.Code{refusal.NotFound, refusal.DeadlineNotReached}}, s.runJob)
	add(api, get("get-books", "/books", "The trial balance", "All accounts added up by kind and currency at one position of the journal, and what must be true of them."), s.getBooks)
	add(api, get("list-book-accounts", "/books/accounts", "Accounts of a kind", "In order of owner.", refusal.InvalidCursor, refusal.MissingField), s.listBookAccounts)
	add(api, get("get-system", "/system", "How the system is", ""), s.getSystem)
	add(api, get("list-unknowns", "/unknowns", "What a bank has not answered", "Top-ups and withdrawals whose outcome is unknown, newest first.", refusal.InvalidCursor), s.listUnknowns)
	add(api, get("list-audit", "/audit", "What touches safety", "Journal entries about passwords, identities, rights, keys, merchants, decisions and locks, newest first.", refusal.InvalidCursor), s.listAudit)
	s.lookout.start()
}
