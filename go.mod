module tongbao

go 1.26
