module github.com/postern-project/postern/testdata/peers/godotenv

go 1.26.0

require github.com/joho/godotenv v1.5.1 // used by the command: it is one of the readers of dotenv files
