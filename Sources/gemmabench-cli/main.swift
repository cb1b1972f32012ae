print("gemmabench")
